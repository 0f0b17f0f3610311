/* Free blocks form a list ordered by address, so that neighbours join again. There are few blocks: a decoder, its scratch, packets. */
#include "heap.h"

#include <stdint.h>

enum { UNIT = 16, PAGE = 65536 };

struct block {
    size_t nbytes; /* the head included; a multiple of UNIT */
    struct block *next;
};

extern unsigned char __heap_base; /* where the linker's data ends */
static struct block *free_blocks;
static uintptr_t end; /* of what the heap has taken; 0 before the first time */

static uintptr_t round_up(uintptr_t value, uintptr_t unit) { return (value + unit - 1) & ~(unit - 1); }

static void give_back(struct block *block)
{
    struct block **link = &free_blocks;
    while (*link && *link < block)
        link = &(*link)->next;
    block->next = *link;
    *link = block;
    if (block->next && (uintptr_t)block + block->nbytes == (uintptr_t)block->next) {
        block->nbytes += block->next->nbytes;
        block->next = block->next->next;
    }
    if (link != &free_blocks) {
        struct block *before = (struct block *)((uintptr_t)link - offsetof(struct block, next));
        if ((uintptr_t)before + before->nbytes == (uintptr_t)block) {
            before->nbytes += block->nbytes;
            before->next = block->next;
        }
    }
}

static int grow(size_t nbytes)
{
    if (end == 0)
        end = round_up((uintptr_t)&__heap_base, UNIT);
    uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
    if (have - end < nbytes) {
        size_t pages = (nbytes - (have - end) + PAGE - 1) / PAGE;
        if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1)
            return 0;
        have += pages * PAGE;
    }
    struct block *block = (struct block *)end;
    block->nbytes = have - end;
    end = have;
    give_back(block);
    return 1;
}

static void *take(size_t nbytes)
{
    for (struct block **link = &free_blocks; *link; link = &(*link)->next) {
        struct block *block = *link;
        if (block->nbytes < nbytes)
            continue;
        if (block->nbytes >= nbytes + 2 * UNIT) {
            struct block *rest = (struct block *)((uintptr_t)block + nbytes);
            rest->nbytes = block->nbytes - nbytes;
            rest->next = block->next;
            block->nbytes = nbytes;
            *link = rest;
        } else {
            *link = block->next;
        }
        return (unsigned char *)block + UNIT;
    }
    return NULL;
}

void *heap_alloc(size_t nbytes)
{
    if (nbytes > (size_t)1 << 30)
        return NULL;
    size_t whole = round_up(nbytes, UNIT) + UNIT;
    void *memory = take(whole);
    if (!memory && grow(whole))
        memory = take(whole);
    return memory;
}

void heap_free(void *memory)
{
    if (memory)
        give_back((struct block *)((unsigned char *)memory - UNIT));
}
