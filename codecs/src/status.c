/* Words for what can go wrong. */
#include "core.h"

const char *zgr_status_name(enum zgr_status status)
{
    static const char *const names[] = {"ok",        "truncated",  "magic",  "version", "header_crc", "field", "index_crc",
                                        "index",     "packet_crc", "packet", "order",   "argument",   "space", "value", "coding"};
    return (unsigned)status < sizeof names / sizeof *names ? names[status] : "unknown";
}
