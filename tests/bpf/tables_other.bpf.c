/* The tables of an earlier version, but next hops mean something else. */
#define LAYOUT_OF_HOPS VPCD_LAYOUT(2)
#include "tables_then.h"
