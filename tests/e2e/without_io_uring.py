"""Runs a program that is refused io_uring, as a container's seccomp filter would (seccomp(2)).

    without_io_uring.py setup|register ERRNO PROGRAM [ARGUMENT...]
"""

import ctypes
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
CALLS = {"setup": 425, "register": 427}  # io_uring_setup(2), io_uring_register(2): the same on all but alpha.
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
ERRNO, ALLOW = 0x00050000, 0x7FFF0000


def refuse(call: int, error: int) -> None:
    steps = [(LOAD, 0, 0, 0), (IF_EQUAL, 0, 1, call), (RETURN, 0, 0, ERRNO | error), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    refuse(CALLS[sys.argv[1]], int(sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])
