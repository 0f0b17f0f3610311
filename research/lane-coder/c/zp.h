// lane-uABS bit-plane coder, prototype. One idea a file in the real thing; here: zp.h (types), zp.c (scalar + AVX2), tables.h
#ifndef ZP_H
#define ZP_H
#include <stdint.h>
#include <stddef.h>
enum { ZP_MAXTAB=62, ZP_MAXSTAB=15, ZP_MAXPLANES=31, ZP_MAXBANDS=40 };
typedef struct {
  int h,w,H2,W2,nu,n,st,flags;       // n = H2*nu units; st = bytes a row of a phase array
  uint8_t *C[4]; int8_t *G[4];         // value and sign bytes, row 0 column 0; one zero row above and below, 32 zero columns between rows
  uint32_t *B[ZP_MAXPLANES];          // bit-planes: [4][n] words, bit j = lane j
  uint32_t *sig,*sgn;                 // [4][n]
  uint8_t *act; int nact;
  int Cq,Gok,nz,raw;                  // C = min(magnitude >> Cq, 15); G current; anything significant; raw in this packet
  int eraw,esraw;                     // encoder only: planes / signs of this band went raw
  int top;                            // planes at or above top are all zero
} zp_band;
typedef struct { int h,w,D,R,F,comps; int nb; zp_band b[4][ZP_MAXBANDS]; // bands: 0 = LL, 1+3*(D-l)+o
  uint8_t *arena; size_t arena_n; uint8_t *prow; int prow_st; } zp_chunk;
typedef struct { uint8_t *p; size_t n,cap; } zp_buf;
zp_chunk*zp_new(int h,int w,int D,int R,int F,int comps);
void zp_reset(zp_chunk*c);
void zp_free(zp_chunk*c);
void zp_load16(zp_chunk*c,int comp,const int16_t*mallat,int stride);
void zp_load32(zp_chunk*c,int comp,const int32_t*mallat,int stride);
void zp_store16(const zp_chunk*c,int comp,int16_t*mallat,int stride,int r_min,int t);
void zp_store32(const zp_chunk*c,int comp,int32_t*mallat,int stride,int r_min,int t);
size_t zp_enc_packet(zp_chunk*c,int r,int t,uint8_t*out,size_t cap); // call in order; state follows
int zp_dec_packet(zp_chunk*c,int r,int t,const uint8_t*in,size_t n);  // 0 ok
extern int zp_use_avx2; extern double zp_rawgain; extern int zp_sample;
void zp_set_tables(int nt,const uint8_t*T,int ns,const uint8_t*S); // T [nt][4][3][16], S [ns][16]
int zp_band_q(const zp_chunk*c,int band,int t);
#endif
