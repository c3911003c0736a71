/* The tables of an earlier version. */
#define LAYOUT_OF_HOPS VPCD_LAYOUT(1)
#include "tables_then.h"
