/* crc32c (Castagnoli; RFC 3720, appendix B.4): the processor's instruction where there is one, tables elsewhere. */
#include "core.h"

#ifdef __wasm__
/* table[k][n]: the register after byte n and then k zero bytes. They are made, not sent, so they may be as large as is fast: of 16
 * bytes a step, only 4 wait for the step before. */
enum { STEP_NBYTES = 16 };
static uint32_t table[STEP_NBYTES][256];

void zgr_crc32c_prepare(void)
{
    for (uint32_t n = 0; n < 256; n++) {
        table[0][n] = n;
        for (int bit = 0; bit < 8; bit++)
            table[0][n] = table[0][n] >> 1 ^ (0u - (table[0][n] & 1u) & 0x82F63B78u);
    }
    for (uint32_t k = 1; k < STEP_NBYTES; k++)
        for (uint32_t n = 0; n < 256; n++)
            table[k][n] = table[k - 1][n] >> 8 ^ table[0][table[k - 1][n] & 255u];
}

/* `after`: tables from that of the word's last byte on. */
static inline __attribute__((always_inline)) uint32_t after_word(uint32_t word, const uint32_t (*after)[256])
{
    return after[3][word & 255u] ^ after[2][word >> 8 & 255u] ^ after[1][word >> 16 & 255u] ^ after[0][word >> 24];
}

static uint32_t crc_by_tables(const uint8_t *data, size_t nbytes, uint32_t crc)
{
    for (; nbytes >= STEP_NBYTES; data += STEP_NBYTES, nbytes -= STEP_NBYTES) {
        uint32_t others = after_word(zgr_load_u32(data + 4), table + 8) ^ after_word(zgr_load_u32(data + 8), table + 4) ^
                          after_word(zgr_load_u32(data + 12), table);
        __asm__("" : "+r"(others)); /* or clang adds them one by one to what has waited for the step before */
        crc = after_word(zgr_load_u32(data) ^ crc, table + 12) ^ others;
    }
    for (; nbytes > 0; data++, nbytes--)
        crc = crc >> 8 ^ table[0][(crc ^ *data) & 255u];
    return crc;
}
#else
/* table[k][n]: the register after nibble n and then k zero nibbles. A nibble a step keeps the tables at 512 bytes, and the
 * eight look-ups of a word do not wait for one another. */
static const uint32_t table[8][16] = {
    {0x00000000u, 0x105EC76Fu, 0x20BD8EDEu, 0x30E349B1u, 0x417B1DBCu, 0x5125DAD3u, 0x61C69362u, 0x7198540Du,
     0x82F63B78u, 0x92A8FC17u, 0xA24BB5A6u, 0xB21572C9u, 0xC38D26C4u, 0xD3D3E1ABu, 0xE330A81Au, 0xF36E6F75u},
    {0x00000000u, 0xF26B8303u, 0xE13B70F7u, 0x1350F3F4u, 0xC79A971Fu, 0x35F1141Cu, 0x26A1E7E8u, 0xD4CA64EBu,
     0x8AD958CFu, 0x78B2DBCCu, 0x6BE22838u, 0x9989AB3Bu, 0x4D43CFD0u, 0xBF284CD3u, 0xAC78BF27u, 0x5E133C24u},
    {0x00000000u, 0x3FC5F181u, 0x7F8BE302u, 0x404E1283u, 0xFF17C604u, 0xC0D23785u, 0x809C2506u, 0xBF59D487u,
     0xFBC3FAF9u, 0xC4060B78u, 0x844819FBu, 0xBB8DE87Au, 0x04D43CFDu, 0x3B11CD7Cu, 0x7B5FDFFFu, 0x449A2E7Eu},
    {0x00000000u, 0x13A29877u, 0x274530EEu, 0x34E7A899u, 0x4E8A61DCu, 0x5D28F9ABu, 0x69CF5132u, 0x7A6DC945u,
     0x9D14C3B8u, 0x8EB65BCFu, 0xBA51F356u, 0xA9F36B21u, 0xD39EA264u, 0xC03C3A13u, 0xF4DB928Au, 0xE7790AFDu},
    {0x00000000u, 0x70A27D8Au, 0xE144FB14u, 0x91E6869Eu, 0xC76580D9u, 0xB7C7FD53u, 0x26217BCDu, 0x56830647u,
     0x8B277743u, 0xFB850AC9u, 0x6A638C57u, 0x1AC1F1DDu, 0x4C42F79Au, 0x3CE08A10u, 0xAD060C8Eu, 0xDDA47104u},
    {0x00000000u, 0xA541927Eu, 0x4F6F520Du, 0xEA2EC073u, 0x9EDEA41Au, 0x3B9F3664u, 0xD1B1F617u, 0x74F06469u,
     0x38513EC5u, 0x9D10ACBBu, 0x773E6CC8u, 0xD27FFEB6u, 0xA68F9ADFu, 0x03CE08A1u, 0xE9E0C8D2u, 0x4CA15AACu},
    {0x00000000u, 0xE964B13Du, 0xD725148Bu, 0x3E41A5B6u, 0xABA65FE7u, 0x42C2EEDAu, 0x7C834B6Cu, 0x95E7FA51u,
     0x52A0C93Fu, 0xBBC47802u, 0x8585DDB4u, 0x6CE16C89u, 0xF90696D8u, 0x106227E5u, 0x2E238253u, 0xC747336Eu},
    {0x00000000u, 0xDD45AAB8u, 0xBF672381u, 0x62228939u, 0x7B2231F3u, 0xA6679B4Bu, 0xC4451272u, 0x1900B8CAu,
     0xF64463E6u, 0x2B01C95Eu, 0x49234067u, 0x9466EADFu, 0x8D665215u, 0x5023F8ADu, 0x32017194u, 0xEF44DB2Cu},
};

static uint32_t crc_by_tables(const uint8_t *data, size_t nbytes, uint32_t crc)
{
    size_t i = 0;
    for (; i + 4 <= nbytes; i += 4) {
        crc ^= zgr_load_u32(data + i);
        crc = table[7][crc & 15u] ^ table[6][(crc >> 4) & 15u] ^ table[5][(crc >> 8) & 15u] ^ table[4][(crc >> 12) & 15u] ^
              table[3][(crc >> 16) & 15u] ^ table[2][(crc >> 20) & 15u] ^ table[1][(crc >> 24) & 15u] ^ table[0][crc >> 28];
    }
    for (; i < nbytes; i++) {
        crc ^= data[i];
        crc = (crc >> 4) ^ table[0][crc & 15u];
        crc = (crc >> 4) ^ table[0][crc & 15u];
    }
    return crc;
}
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#include <nmmintrin.h>
#include <wmmintrin.h>

#define BY_INSTRUCTION __attribute__((target("sse4.2,pclmul")))

/* The instruction waits three cycles for the one before it, and another could start in each: three parts of a block run side by side.
 * What a part is worth before n more bytes is its register times x^(8n - 33), modulo the polynomial, both bits reversed as they are
 * in the register; the instruction reduces the product, and adds 33. */
enum { PART_NBYTES = 256 };
static const uint64_t before_one_part = 0xB9E02B86u, before_two_parts = 0xDD7E3B0Cu; /* x^2015, x^4063 */

BY_INSTRUCTION static inline uint64_t moved(uint64_t crc, uint64_t factor)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)crc), _mm_cvtsi64_si128((int64_t)factor), 0);
    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

BY_INSTRUCTION static inline uint64_t with_word(uint64_t crc, const uint8_t *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return _mm_crc32_u64(crc, word);
}

BY_INSTRUCTION static uint64_t crc_of_block(const uint8_t *data, uint64_t crc)
{
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < PART_NBYTES; i += 8) {
        crc = with_word(crc, data + i);
        second = with_word(second, data + PART_NBYTES + i);
        third = with_word(third, data + 2 * PART_NBYTES + i);
    }
    return moved(crc, before_two_parts) ^ moved(second, before_one_part) ^ third;
}

BY_INSTRUCTION static uint32_t crc_by_instruction(const uint8_t *data, size_t nbytes, uint32_t seed)
{
    uint64_t crc = seed;
    for (; nbytes >= 3 * PART_NBYTES; data += 3 * PART_NBYTES, nbytes -= 3 * PART_NBYTES)
        crc = crc_of_block(data, crc);
    for (; nbytes >= 8; data += 8, nbytes -= 8)
        crc = with_word(crc, data);
    for (; nbytes > 0; data++, nbytes--)
        crc = _mm_crc32_u8((uint32_t)crc, *data);
    return (uint32_t)crc;
}

uint32_t zgr_crc32c(const void *data, size_t nbytes, uint32_t seed)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
        return ~crc_by_instruction(data, nbytes, ~seed);
    return ~crc_by_tables(data, nbytes, ~seed);
}
#else
uint32_t zgr_crc32c(const void *data, size_t nbytes, uint32_t seed)
{
    return ~crc_by_tables(data, nbytes, ~seed);
}
#endif
