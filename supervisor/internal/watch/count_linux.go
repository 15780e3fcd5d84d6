package watch

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Connections are counted in /proc/net, which every kernel has: sock_diag(7) would say the
// same with less text, but its modules may be missing in a container.

// name is the address of a listening socket: the file that lists its connections, and how
// their own end is called there.
type name struct {
	file string
	path []byte // of a unix socket
	addr []byte // of a tcp socket, as /proc/net has it: address, colon, port
	any  bool   // of all addresses: only the port counts
}

// namesOf asks the kernel for the addresses of sockets.
func namesOf(fds []int) ([]name, error) {
	var names []name
	for _, fd := range fds {
		sa, err := unix.Getsockname(fd)
		if err != nil {
			return nil, fmt.Errorf("cannot ask a socket for its address: %w", err)
		}
		switch sa := sa.(type) {
		case *unix.SockaddrUnix:
			names = append(names, name{file: "/proc/net/unix", path: []byte(sa.Name)})
		case *unix.SockaddrInet4:
			names = append(names, tcpName("/proc/net/tcp", sa.Addr[:], sa.Port))
		case *unix.SockaddrInet6:
			names = append(names, tcpName("/proc/net/tcp6", sa.Addr[:], sa.Port))
		}
	}
	return names, nil
}

// tcpName writes an address as the kernel does: 32-bit words in the machine's order.
func tcpName(file string, ip []byte, port int) name {
	n := name{file: file, any: len(bytes.Trim(ip, "\x00")) == 0}
	for i := 0; i < len(ip); i += 4 {
		word := binary.BigEndian.AppendUint32(nil, binary.NativeEndian.Uint32(ip[i:]))
		n.addr = append(n.addr, bytes.ToUpper([]byte(hex.EncodeToString(word)))...)
	}
	n.addr = fmt.Appendf(n.addr, ":%04X", port)
	return n
}

// count counts the connections at some addresses.
func count(names []name) (total int, err error) {
	byFile := map[string][]name{}
	for _, n := range names {
		byFile[n.file] = append(byFile[n.file], n)
	}
	for file, names := range byFile {
		f, err := os.Open(file)
		if err != nil {
			return 0, fmt.Errorf("cannot count connections: %w", err)
		}
		n, err := countIn(f, names)
		_ = f.Close()
		if err != nil {
			return 0, fmt.Errorf("cannot count connections: %w", err)
		}
		total += n
	}
	return total, nil
}

// countIn counts in a file of /proc/net.
func countIn(r io.Reader, names []name) (total int, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		for _, n := range names {
			if n.path != nil && n.isUnix(line) || n.path == nil && n.isTCP(line) {
				total++
				break
			}
		}
		switch err {
		case nil, bufio.ErrBufferFull:
		case io.EOF:
			return total, nil
		default:
			return 0, err
		}
	}
}

// Connections that the program still has: the other end may have closed its half.
var open = [...]string{"01", "08"} // ESTABLISHED, CLOSE_WAIT

// isTCP reports whether a line of /proc/net/tcp or tcp6 is about an open connection:
// number, own address, other address, state.
func (n *name) isTCP(line []byte) bool {
	fields := bytes.Fields(line)
	if len(fields) < 4 || len(fields[1]) != len(n.addr) {
		return false
	}
	own, want := fields[1], n.addr
	if n.any {
		colon := bytes.IndexByte(want, ':')
		own, want = own[colon:], want[colon:]
	}
	state := string(fields[3])
	return bytes.Equal(own, want) && (state == open[0] || state == open[1])
}

// accepts marks, among the flags of /proc/net/unix, a socket that listens.
const accepts = "00010000"

// isUnix reports whether a line of /proc/net/unix is about our end of a connection, which
// has the path of the socket that listens: number, references, protocol, flags, type,
// state, inode, path.
func (n *name) isUnix(line []byte) bool {
	fields := bytes.SplitN(bytes.TrimSuffix(line, []byte("\n")), []byte(" "), 2)
	if len(fields) < 2 || !bytes.HasSuffix(fields[1], n.path) {
		return false
	}
	words := bytes.Fields(bytes.TrimSuffix(fields[1], n.path))
	// What is left of the path would be one more word, or part of the inode.
	return len(words) == 6 && fields[1][len(fields[1])-len(n.path)-1] == ' ' && string(words[2]) != accepts
}
