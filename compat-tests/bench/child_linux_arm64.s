#include "textflag.h"

// child is a whole program: see child.go. At its start RSP points to argc, argv[0],
// argv[1].
TEXT child<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD RSP, R19
	MOVD 0(R19), R0
	CMP  $1, R0
	BEQ  exit
	SUB  $128, R19, R20

	// clock_gettime(CLOCK_MONOTONIC, &record)
	MOVD $113, R8
	MOVD $1, R0
	MOVD R20, R1
	SVC

	// record.pid = getpid()
	MOVD $172, R8
	SVC
	MOVD R0, 16(R20)

	// write(openat(AT_FDCWD, argv[1], O_WRONLY), &record, 24)
	MOVD $56, R8
	MOVD $-100, R0
	MOVD 16(R19), R1
	MOVD $1, R2
	SVC
	MOVD $64, R8
	MOVD R20, R1
	MOVD $24, R2
	SVC

pause: // ppoll(NULL, 0, NULL, NULL)
	MOVD $73, R8
	MOVD $0, R0
	MOVD $0, R1
	MOVD $0, R2
	MOVD $0, R3
	SVC
	B pause

exit:
	MOVD $94, R8
	MOVD $0, R0
	SVC
	BRK

TEXT childEnd<>(SB), NOSPLIT|NOFRAME, $0-0
	BRK

// func childCode() (start, end uintptr)
TEXT ·childCode(SB), NOSPLIT, $0-16
	MOVD $child<>(SB), R0
	MOVD R0, start+0(FP)
	MOVD $childEnd<>(SB), R0
	MOVD R0, end+8(FP)
	RET
