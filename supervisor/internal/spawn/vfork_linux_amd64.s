#include "textflag.h"

// func rawClone(flags uintptr) (pid int, errno syscall.Errno)
//
// The child returns first and goes on calling, on the stack that it shares with the waiting parent. So the return address is kept
// in a register: what is on the stack is the child's next call by the time the parent comes back.
TEXT ·rawClone(SB),NOSPLIT|NOFRAME,$0-24
	MOVQ	flags+0(FP), DI
	XORL	SI, SI // the parent's stack
	XORL	DX, DX
	XORL	R10, R10
	XORL	R8, R8
	MOVL	$56, AX // clone(2)
	POPQ	R12
	SYSCALL
	PUSHQ	R12
	CMPQ	AX, $0xfffffffffffff001
	JLS	done
	NEGQ	AX
	MOVQ	$0, pid+8(FP)
	MOVQ	AX, errno+16(FP)
	RET

done:
	MOVQ	AX, pid+8(FP)
	MOVQ	$0, errno+16(FP)
	RET
