#include <yajl/yajl_parse.h>

/* yajl_config takes variable arguments, which Swift cannot call. */
static inline int cyajl_enable(yajl_handle parser, yajl_option option) {
  return yajl_config(parser, option, 1);
}
