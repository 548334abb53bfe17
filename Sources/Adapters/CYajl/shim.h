// As CLinux has it: the same C types must look the same in every module.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <yajl/yajl_parse.h>

/* yajl_config takes variable arguments, which Swift cannot call. */
static inline int cyajl_enable(yajl_handle parser, yajl_option option) {
  return yajl_config(parser, option, 1);
}
