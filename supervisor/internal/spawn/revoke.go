package spawn

// Revoke does nothing: a start that hangs can't be given up yet.
func (k *kernel) Revoke(uint64) {}

// Stuck never tells anything.
func (k *kernel) Stuck() <-chan Stuck { return nil }
