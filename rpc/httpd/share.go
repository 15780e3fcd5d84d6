package httpd

// Share calls f with the descriptor of each listener, which f may duplicate, and returns
// what a Server that is not handed anything needs to know of them: Take accepts it once
// the descriptors are filled in.
func (s *Server) Share(f func(place, fd int)) Handed {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := Handed{Endpoints: append([]HandedEndpoint(nil), s.handed.Endpoints...)}
	for _, e := range s.endpoints {
		onSocket(e.listener, func(fd int) { f(e.place, fd) })
	}
	return h
}
