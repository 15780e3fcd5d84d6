#include "textflag.h"

// child is a whole program: see child.go. At its start SP points to argc, argv[0],
// argv[1].
TEXT child<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ SP, R12
	CMPQ 0(R12), $1
	JEQ  exit

	// clock_gettime(CLOCK_MONOTONIC, &record)
	MOVL $228, AX
	MOVL $1, DI
	LEAQ -128(R12), SI
	SYSCALL

	// record.pid = getpid()
	MOVL $39, AX
	SYSCALL
	MOVQ AX, -112(R12)

	// write(open(argv[1], O_WRONLY), &record, 24)
	MOVL $2, AX
	MOVQ 16(R12), DI
	MOVL $1, SI
	SYSCALL
	MOVQ AX, DI
	MOVL $1, AX
	LEAQ -128(R12), SI
	MOVL $24, DX
	SYSCALL

pause:
	MOVL $34, AX
	SYSCALL
	JMP  pause

exit:
	MOVL $231, AX
	XORL DI, DI
	SYSCALL
	INT  $3

TEXT childEnd<>(SB), NOSPLIT|NOFRAME, $0-0
	INT $3

// func childCode() (start, end uintptr)
TEXT ·childCode(SB), NOSPLIT, $0-16
	LEAQ child<>(SB), AX
	MOVQ AX, start+0(FP)
	LEAQ childEnd<>(SB), AX
	MOVQ AX, end+8(FP)
	RET
