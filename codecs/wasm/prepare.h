/* Makes all tables, the first time; whatever is exported and needs one calls it. */
#ifndef ZGR_PREPARE_H
#define ZGR_PREPARE_H

void prepare(void);

#endif
