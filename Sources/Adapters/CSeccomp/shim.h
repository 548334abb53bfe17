// As CLinux has it: the same C types must look the same in every module.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <seccomp.h>
