/* Memory of the WebAssembly instance: a first-fit heap over memory that grows. */
#ifndef ZGR_WASM_HEAP_H
#define ZGR_WASM_HEAP_H

#include <stddef.h>

/* Aligned to 16 bytes; NULL when there is none left. */
void *heap_alloc(size_t nbytes);
/* NULL is ignored. */
void heap_free(void *memory);

#endif
