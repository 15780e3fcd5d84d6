#include "textflag.h"

// func rawClone(flags uintptr) (pid int, errno syscall.Errno)
//
// The child returns first and goes on calling, on the stack that it shares with the waiting parent. The return address is in a
// register here, so nothing of this call is on the stack.
TEXT ·rawClone(SB),NOSPLIT|NOFRAME,$0-24
	MOVD	flags+0(FP), R0
	MOVD	ZR, R1 // the parent's stack
	MOVD	ZR, R2
	MOVD	ZR, R3
	MOVD	ZR, R4
	MOVD	$220, R8 // clone(2)
	SVC
	CMN	$4095, R0
	BCC	done
	NEG	R0, R0
	MOVD	ZR, pid+8(FP)
	MOVD	R0, errno+16(FP)
	RET

done:
	MOVD	R0, pid+8(FP)
	MOVD	ZR, errno+16(FP)
	RET
