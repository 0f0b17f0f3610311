#include "zp.h"
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <immintrin.h>
#define AVX __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))
#define INL static inline __attribute__((always_inline))
int zp_use_avx2=1; double zp_rawgain=0.005; int zp_sample=160; double zp_n32=1200,zp_n16=200,zp_signgain=0.03,zp_l8=200,zp_l32=1500,zp_l64=8000;
static uint8_t TAB[ZP_MAXTAB][4][3][16], STAB[ZP_MAXSTAB+1][16]; static int NT,NS;
static uint16_t LT[ZP_MAXTAB][4*48*2]; static uint16_t LS[ZP_MAXSTAB+1][13*2]; // cost in 1/64 bit
static const uint8_t TLO[16]={0,1,2,3,4,5,6,7,7,8,8,8,9,9,9,9}, THI[16]={0,10,11,12,12,13,13,13,14,14,14,14,15,15,15,15};
static uint8_t EXPD[256][16], CMPR[256][8];
static const int PYk[4]={0,1,0,1},PXk[4]={0,1,1,0};
void zp_set_tables(int nt,const uint8_t*T,int ns,const uint8_t*S){
  NT=nt;NS=ns; memcpy(TAB,T,nt*192); memcpy(STAB,S,ns*16);
  for(int t=0;t<nt;t++)for(int i=0;i<192;i++){ double p=((uint8_t*)TAB[t])[i]/256.0; if(p<=0)p=1e-9; LT[t][2*i]=(uint16_t)lrint(-64*log2(1-p)); double c=-64*log2(p); LT[t][2*i+1]=c>60000?60000:(uint16_t)lrint(c);}
  for(int t=0;t<ns;t++)for(int i=0;i<13;i++){ double p=STAB[t][i]/256.0; if(p<=0)p=1e-9; LS[t][2*i]=(uint16_t)lrint(-64*log2(1-p)); double c=-64*log2(p); LS[t][2*i+1]=c>60000?60000:(uint16_t)lrint(c);}
  for(int m=0;m<256;m++){ int n=0; for(int j=0;j<8;j++){ EXPD[m][2*j]=(m>>j&1)?n++:0x80; EXPD[m][2*j+1]=0x80; }
    int z=__builtin_popcount(m),a=8-z; memset(CMPR[m],0x80,8); for(int j=0;j<8;j++) if(m>>j&1) CMPR[m][a++]=j; }
}
AVX INL __m256i LD(const void*p){ return _mm256_loadu_si256((const __m256i*)p); }
// ---------- chunk ----------
static int ceil2(int n){return (n+1)>>1;}
zp_chunk*zp_new(int h,int w,int D,int R,int F,int comps){
  zp_chunk*c=calloc(1,sizeof*c); c->h=h;c->w=w;c->D=D;c->R=R;c->F=F;c->comps=comps; c->nb=1+3*D;
  int hh[16],ww[16]; hh[0]=h;ww[0]=w; for(int l=1;l<=D;l++){hh[l]=ceil2(hh[l-1]);ww[l]=ceil2(ww[l-1]);}
  for(int pass=0;pass<2;pass++){ size_t off=64; int sst=0;
    #define TAKE(ptr,type,nbytes) do{ if(pass) ptr=(type*)(c->arena+off); off+=((nbytes)+63)&~(size_t)63; }while(0)
    for(int cc=0;cc<comps;cc++)for(int i=0;i<c->nb;i++){ zp_band*b=&c->b[cc][i];
      if(i==0){b->h=hh[D];b->w=ww[D];} else { int l=D-(i-1)/3,o=(i-1)%3; b->h=o==0?hh[l]:hh[l-1]-hh[l]; b->w=o==1?ww[l]:ww[l-1]-ww[l]; }
      b->H2=ceil2(b->h); b->W2=ceil2(b->w); b->nu=(b->W2+31)/32; b->n=b->H2*b->nu; b->st=b->nu*32+32; b->flags=b->W2>16&&b->H2>8;
      size_t an=(size_t)(b->H2+2)*b->st+96; if(b->st>sst)sst=b->st;
      for(int k=0;k<4;k++){ uint8_t*p=0;
        TAKE(p,uint8_t,an); if(pass)b->C[k]=p+32+b->st; TAKE(p,uint8_t,an); if(pass)b->G[k]=(int8_t*)p+32+b->st; }
      for(int q=0;q<ZP_MAXPLANES;q++) TAKE(b->B[q],uint32_t,(size_t)b->n*16);
      TAKE(b->sig,uint32_t,(size_t)b->n*16); TAKE(b->sgn,uint32_t,(size_t)b->n*16);
      TAKE(b->act,uint8_t,(size_t)b->n+2*b->nu+128); if(pass)b->act+=b->nu+32; }
    c->prow_st=sst+96; TAKE(c->prow,uint8_t,(size_t)5*(sst+96));
    if(!pass){ c->arena_n=off; c->arena=aligned_alloc(64,(off+63)&~(size_t)63); memset(c->arena,0,off);} }
  zp_reset(c); return c; }
void zp_reset(zp_chunk*c){ // bring to 'nothing known'
  for(int cc=0;cc<c->comps;cc++)for(int i=0;i<c->nb;i++){ zp_band*b=&c->b[cc][i]; size_t an=(size_t)(b->H2+2)*b->st+96;
    for(int k=0;k<4;k++){ memset(b->C[k]-32-b->st,0,an); memset(b->G[k]-32-b->st,0,an);}
    for(int q=0;q<b->top;q++) memset(b->B[q],0,(size_t)b->n*16);
    memset(b->sig,0,(size_t)b->n*16); memset(b->sgn,0,(size_t)b->n*16);
    memset(b->act-b->nu-32,0,(size_t)b->n+2*b->nu+128); b->nact=0; if(!b->flags){ memset(b->act,1,b->n); b->nact=b->n; }
    b->Cq=31;b->Gok=1;b->nz=0;b->raw=0;b->top=0;b->eraw=b->esraw=0; } }
void zp_free(zp_chunk*c){ free(c->arena); free(c); }
int zp_band_q(const zp_chunk*c,int i,int t){ int w= i==0? c->D+1 : c->D-(i-1)/3-((i-1)%3==2); int q=t-w; return q<0?0:q; }
static void res_bands(const zp_chunk*c,int r,int*i0,int*i1){ if(r==c->R-1){*i0=0;*i1=1+3*(c->D-c->R+1);} else {*i0=1+3*(c->D-(r+1));*i1=*i0+3;} }
static void band_origin(const zp_chunk*c,int i,int*y,int*x){ int D=c->D; if(i==0){*y=*x=0;return;} int l=D-(i-1)/3,o=(i-1)%3; int hh=c->h,ww=c->w; for(int k=0;k<l;k++){hh=ceil2(hh);ww=ceil2(ww);} *y=o==0?0:hh; *x=o==1?0:ww; }
// ---------- coefficients <-> planes ----------
AVX static void load16_avx2(zp_band*b,const int16_t*m,int stride){
  __m256i allor=_mm256_setzero_si256();
  // find the top plane
  for(int y=0;y<b->h;y++){ const int16_t*r=m+(size_t)y*stride; int x=0; for(;x+16<=b->w;x+=16) allor=_mm256_or_si256(allor,_mm256_abs_epi16(_mm256_loadu_si256((const __m256i*)(r+x)))); 
    for(;x<b->w;x++){ int v=r[x]<0?-r[x]:r[x]; allor=_mm256_or_si256(allor,_mm256_set1_epi16((short)v)); } }
  uint16_t o[16]; _mm256_storeu_si256((__m256i*)o,allor); unsigned q=0; for(int i=0;i<16;i++)q|=o[i]; int top=q?32-__builtin_clz(q):0; b->top=top;
  int16_t tail[64]; const __m256i ev=_mm256_set1_epi32(0xFFFF);
  for(int y=0;y<b->h;y++){ int ka=(y&1)?3:0, kb=(y&1)?1:2; // even columns, odd columns
    for(int u=0;u<b->nu;u++){ const int16_t*r=m+(size_t)y*stride+64*u; int left=b->w-64*u; if(left<64){ memset(tail,0,sizeof tail); memcpy(tail,r,left>0?left*2:0); r=tail; }
      __m256i v[4]; for(int i=0;i<4;i++) v[i]=_mm256_loadu_si256((const __m256i*)(r+16*i));
      size_t idx=(size_t)(y>>1)*b->nu+u;
      for(int par=0;par<2;par++){ int k=par?kb:ka; __m256i e[4];
        for(int i=0;i<4;i++) e[i]=par?_mm256_srai_epi32(v[i],16):_mm256_srai_epi32(_mm256_slli_epi32(v[i],16),16);
        __m256i a=_mm256_permute4x64_epi64(_mm256_packs_epi32(e[0],e[1]),0xD8), c=_mm256_permute4x64_epi64(_mm256_packs_epi32(e[2],e[3]),0xD8);
        __m256i s=_mm256_permute4x64_epi64(_mm256_packs_epi16(a,c),0xD8); uint32_t sg=_mm256_movemask_epi8(s); b->sgn[k*b->n+idx]=sg;
        a=_mm256_abs_epi16(a); c=_mm256_abs_epi16(c); const __m256i ff=_mm256_set1_epi16(255);
        __m256i lo=_mm256_permute4x64_epi64(_mm256_packus_epi16(_mm256_and_si256(a,ff),_mm256_and_si256(c,ff)),0xD8);
        int q=top<8?top-1:7; if(q>=0){ lo=_mm256_slli_epi16(lo,7-q); /* high bit of each byte = bit q */
          for(;q>=0;q--){ b->B[q][k*b->n+idx]=_mm256_movemask_epi8(lo); lo=_mm256_add_epi8(lo,lo);} }
        if(top>8){ __m256i hi=_mm256_permute4x64_epi64(_mm256_packus_epi16(_mm256_srli_epi16(a,8),_mm256_srli_epi16(c,8)),0xD8); q=top-1; hi=_mm256_slli_epi16(hi,15-q);
          for(;q>=8;q--){ b->B[q][k*b->n+idx]=_mm256_movemask_epi8(hi); hi=_mm256_add_epi8(hi,hi);} }
      } (void)ev; } } }
AVX INL __m256i even32(__m256i a,__m256i b,int odd){ __m256i r=odd?_mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(a),_mm256_castsi256_ps(b),0xDD)):_mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(a),_mm256_castsi256_ps(b),0x88)); return _mm256_permute4x64_epi64(r,0xD8); }
AVX static void load32_avx2(zp_band*b,const int32_t*m,int stride){ __m256i allor=_mm256_setzero_si256(); uint32_t o=0;
  for(int y=0;y<b->h;y++){ const int32_t*r=m+(size_t)y*stride; int x=0; for(;x+8<=b->w;x+=8) allor=_mm256_or_si256(allor,_mm256_abs_epi32(LD(r+x))); for(;x<b->w;x++) o|=(uint32_t)(r[x]<0?-r[x]:r[x]); }
  uint32_t t8[8]; _mm256_storeu_si256((__m256i*)t8,allor); for(int i=0;i<8;i++)o|=t8[i]; int top=o?32-__builtin_clz(o):0; b->top=top; int32_t tail[64];
  const __m256i fix=_mm256_setr_epi32(0,4,1,5,2,6,3,7), ff=_mm256_set1_epi32(255);
  for(int y=0;y<b->h;y++)for(int u=0;u<b->nu;u++){ const int32_t*r=m+(size_t)y*stride+64*u; int left=b->w-64*u; if(left<64){ memset(tail,0,sizeof tail); memcpy(tail,r,left>0?left*4:0); r=tail; }
    size_t idx=(size_t)(y>>1)*b->nu+u;
    for(int par=0;par<2;par++){ int k=(y&1)?(par?1:3):(par?2:0); size_t a=(size_t)k*b->n+idx; __m256i e[4]; uint32_t sg=0;
      for(int i=0;i<4;i++){ e[i]=even32(LD(r+16*i),LD(r+16*i+8),par); sg|=(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(e[i]))<<(8*i); e[i]=_mm256_abs_epi32(e[i]); } b->sgn[a]=sg;
      for(int g=0;8*g<top;g++){ __m256i f[4]; for(int i=0;i<4;i++) f[i]=_mm256_and_si256(_mm256_srli_epi32(e[i],8*g),ff);
        __m256i v=_mm256_permutevar8x32_epi32(_mm256_packus_epi16(_mm256_packus_epi32(f[0],f[1]),_mm256_packus_epi32(f[2],f[3])),fix);
        int q=top-1<8*g+7?top-1:8*g+7; v=_mm256_sll_epi16(v,_mm_cvtsi32_si128(8*g+7-q)); for(;q>=8*g;q--){ b->B[q][a]=_mm256_movemask_epi8(v); v=_mm256_add_epi8(v,v); } } } } }
static void load32_c(zp_band*b,const int32_t*m,int stride){ uint32_t o=0;
  for(int y=0;y<b->h;y++)for(int x=0;x<b->w;x++){ int v=m[(size_t)y*stride+x]; o|=(uint32_t)(v<0?-v:v);} int top=o?32-__builtin_clz(o):0; b->top=top;
  for(int y=0;y<b->h;y++)for(int x=0;x<b->w;x++){ int v=m[(size_t)y*stride+x]; if(!v)continue; uint32_t a=v<0?-v:v; int k=(y&1)?((x&1)?1:3):((x&1)?2:0); size_t idx=(size_t)k*b->n+(size_t)(y>>1)*b->nu+(x>>6); uint32_t bit=1u<<((x>>1)&31);
    if(v<0)b->sgn[idx]|=bit; for(int q=0;q<top;q++) if(a>>q&1) b->B[q][idx]|=bit; } }
void zp_load16(zp_chunk*c,int comp,const int16_t*m,int stride){ for(int i=0;i<c->nb;i++){ int y,x; band_origin(c,i,&y,&x); zp_band*b=&c->b[comp][i]; if(!b->h||!b->w)continue;
   if(zp_use_avx2) load16_avx2(b,m+(size_t)y*stride+x,stride);
   else { int32_t*t=malloc(sizeof(int32_t)*b->h*b->w); for(int yy=0;yy<b->h;yy++)for(int xx=0;xx<b->w;xx++)t[yy*b->w+xx]=m[(size_t)(y+yy)*stride+x+xx]; load32_c(b,t,b->w); free(t);} } }
void zp_load32(zp_chunk*c,int comp,const int32_t*m,int stride){ for(int i=0;i<c->nb;i++){ int y,x; band_origin(c,i,&y,&x); zp_band*b=&c->b[comp][i]; if(!b->n)continue; if(zp_use_avx2) load32_avx2(b,m+(size_t)y*stride+x,stride); else load32_c(b,m+(size_t)y*stride+x,stride);} }
AVX INL __m256i bits32(uint32_t m){ const __m256i sh=_mm256_setr_epi8(0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,2,2,2,2,2,2,2,2,3,3,3,3,3,3,3,3); const __m256i sel=_mm256_set1_epi64x(0x8040201008040201LL);
  return _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(m),sh),sel),sel); }
// phase unit -> two vectors of 16 signed 16-bit
AVX INL void unit16(const zp_band*b,size_t idx,int q0,__m256i*A,__m256i*Bv){
  __m256i lo=_mm256_setzero_si256(),hi=lo; int top=b->top;
  for(int q=top-1;q>=8&&q>=q0;q--) hi=_mm256_sub_epi8(_mm256_add_epi8(hi,hi),bits32(b->B[q][idx]));
  int sh=q0>8?q0-8:0; for(int i=0;i<sh;i++) hi=_mm256_add_epi8(hi,hi);
  int qs=top-1<7?top-1:7; for(int q=qs;q>=q0;q--) lo=_mm256_sub_epi8(_mm256_add_epi8(lo,lo),bits32(b->B[q][idx]));
  if(q0<8) for(int i=0;i<q0;i++) lo=_mm256_add_epi8(lo,lo);
  __m256i p=_mm256_permute4x64_epi64(lo,0xD8), r=_mm256_permute4x64_epi64(hi,0xD8);
  __m256i a=_mm256_unpacklo_epi8(p,r), c=_mm256_unpackhi_epi8(p,r);
  if(q0>0){ __m256i half=_mm256_set1_epi16((1<<q0)>>1), z=_mm256_setzero_si256(); a=_mm256_add_epi16(a,_mm256_andnot_si256(_mm256_cmpeq_epi16(a,z),half)); c=_mm256_add_epi16(c,_mm256_andnot_si256(_mm256_cmpeq_epi16(c,z),half)); }
  __m256i s=_mm256_permute4x64_epi64(bits32(b->sgn[idx]),0xD8); __m256i s0=_mm256_unpacklo_epi8(s,s), s1=_mm256_unpackhi_epi8(s,s);
  *A=_mm256_sub_epi16(_mm256_xor_si256(a,s0),s0); *Bv=_mm256_sub_epi16(_mm256_xor_si256(c,s1),s1); }
AVX static void store16_avx2(const zp_band*b,int16_t*m,int stride,int q0){
  int16_t tail[64];
  for(int y=0;y<b->h;y++){ int ka=(y&1)?3:0,kb=(y&1)?1:2;
    for(int u=0;u<b->nu;u++){ int16_t*r=m+(size_t)y*stride+64*u; int left=b->w-64*u; size_t idx=(size_t)(y>>1)*b->nu+u; int16_t*d=left<64?tail:r;
      if(!b->act[idx]){ if(left>64)left=64; memset(r,0,left*2); continue; }
      __m256i a0,a1,b0,b1; unit16(b,(size_t)ka*b->n+idx,q0,&a0,&a1); unit16(b,(size_t)kb*b->n+idx,q0,&b0,&b1);
      __m256i t0=_mm256_unpacklo_epi16(a0,b0),t1=_mm256_unpackhi_epi16(a0,b0),t2=_mm256_unpacklo_epi16(a1,b1),t3=_mm256_unpackhi_epi16(a1,b1);
      _mm256_storeu_si256((__m256i*)d,_mm256_permute2x128_si256(t0,t1,0x20)); _mm256_storeu_si256((__m256i*)(d+16),_mm256_permute2x128_si256(t0,t1,0x31));
      _mm256_storeu_si256((__m256i*)(d+32),_mm256_permute2x128_si256(t2,t3,0x20)); _mm256_storeu_si256((__m256i*)(d+48),_mm256_permute2x128_si256(t2,t3,0x31));
      if(left<64) memcpy(r,tail,left*2); } } }
static void store32_c(const zp_band*b,int32_t*m,int stride,int q0){
  for(int y=0;y<b->h;y++)for(int x=0;x<b->w;x++){ int k=(y&1)?((x&1)?1:3):((x&1)?2:0); size_t idx=(size_t)k*b->n+(size_t)(y>>1)*b->nu+(x>>6); int sh=(x>>1)&31; uint32_t v=0;
    for(int q=b->top-1;q>=q0;q--) v=v*2+(b->B[q][idx]>>sh&1); int32_t o=v?(int32_t)((v<<q0)+((1u<<q0)>>1)):0; m[(size_t)y*stride+x]=(b->sgn[idx]>>sh&1)?-o:o; } }
AVX INL void unit32(const zp_band*b,size_t idx,int q0,__m256i*o){ // 4 vectors of 8 signed 32-bit
  __m256i by[4]; int top=b->top; for(int g=0;g<4;g++){ __m256i v=_mm256_setzero_si256(); int qs=top-1<8*g+7?top-1:8*g+7,ql=q0>8*g?q0:8*g; for(int q=qs;q>=ql;q--) v=_mm256_sub_epi8(_mm256_add_epi8(v,v),bits32(b->B[q][idx])); if(ql>8*g&&ql<8*g+8) v=_mm256_and_si256(_mm256_sll_epi16(v,_mm_cvtsi32_si128(ql-8*g)),_mm256_set1_epi8((char)(255<<(ql-8*g)))); by[g]=_mm256_permute4x64_epi64(v,0xD8); if(qs<8*g+0&&g>1){ by[g]=_mm256_setzero_si256(); } }
  __m256i l0=_mm256_unpacklo_epi8(by[0],by[1]),l1=_mm256_unpackhi_epi8(by[0],by[1]),h0=_mm256_unpacklo_epi8(by[2],by[3]),h1=_mm256_unpackhi_epi8(by[2],by[3]);
  l0=_mm256_permute4x64_epi64(l0,0xD8);l1=_mm256_permute4x64_epi64(l1,0xD8);h0=_mm256_permute4x64_epi64(h0,0xD8);h1=_mm256_permute4x64_epi64(h1,0xD8);
  o[0]=_mm256_unpacklo_epi16(l0,h0);o[1]=_mm256_unpackhi_epi16(l0,h0);o[2]=_mm256_unpacklo_epi16(l1,h1);o[3]=_mm256_unpackhi_epi16(l1,h1);
  const __m256i z=_mm256_setzero_si256(),half=_mm256_set1_epi32((1u<<q0)>>1); uint32_t sg=b->sgn[idx]; const __m256i lane=_mm256_setr_epi32(1,2,4,8,16,32,64,128);
  for(int i=0;i<4;i++){ __m256i v=o[i]; if(q0) v=_mm256_add_epi32(v,_mm256_andnot_si256(_mm256_cmpeq_epi32(v,z),half)); __m256i s=_mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(sg>>(8*i)),lane),lane); o[i]=_mm256_sub_epi32(_mm256_xor_si256(v,s),s); } }
AVX static void store32_avx2(const zp_band*b,int32_t*m,int stride,int q0){ int32_t tail[64];
  for(int y=0;y<b->h;y++){ int ka=(y&1)?3:0,kb=(y&1)?1:2;
    for(int u=0;u<b->nu;u++){ int32_t*r=m+(size_t)y*stride+64*u; int left=b->w-64*u; size_t idx=(size_t)(y>>1)*b->nu+u; int32_t*d=left<64?tail:r;
      if(!b->act[idx]){ if(left>64)left=64; memset(r,0,left*4); continue; }
      __m256i A[4],B[4]; unit32(b,(size_t)ka*b->n+idx,q0,A); unit32(b,(size_t)kb*b->n+idx,q0,B);
      for(int i=0;i<4;i++){ __m256i t0=_mm256_unpacklo_epi32(A[i],B[i]),t1=_mm256_unpackhi_epi32(A[i],B[i]); _mm256_storeu_si256((__m256i*)(d+16*i),_mm256_permute2x128_si256(t0,t1,0x20)); _mm256_storeu_si256((__m256i*)(d+16*i+8),_mm256_permute2x128_si256(t0,t1,0x31)); }
      if(left<64) memcpy(r,tail,left*4); } } }
int zp_rec=128; // reconstruction point in 1/256 of the uncertainty interval (the format's is 128)
static int band_res(const zp_chunk*c,int i){ if(i==0)return c->R-1; int l=c->D-(i-1)/3; return l-1>=c->R-1?c->R-1:l-1; }
void zp_store16(const zp_chunk*c,int comp,int16_t*m,int stride,int rmin,int t){ for(int i=0;i<c->nb;i++){ int y,x; band_origin(c,i,&y,&x); if(band_res(c,i)<rmin)continue; const zp_band*b=&c->b[comp][i]; if(!b->h||!b->w)continue;
  if(zp_use_avx2) store16_avx2(b,m+(size_t)y*stride+x,stride,zp_band_q(c,i,t)); else { int32_t*tm=malloc(4*(size_t)b->h*b->w); store32_c(b,tm,b->w,zp_band_q(c,i,t)); for(int yy=0;yy<b->h;yy++)for(int xx=0;xx<b->w;xx++)m[(size_t)(y+yy)*stride+x+xx]=tm[yy*b->w+xx]; free(tm);} } }
void zp_store32(const zp_chunk*c,int comp,int32_t*m,int stride,int rmin,int t){ for(int i=0;i<c->nb;i++){ int y,x; band_origin(c,i,&y,&x); if(band_res(c,i)<rmin)continue; const zp_band*b=&c->b[comp][i]; if(!b->n)continue; if(zp_use_avx2) store32_avx2(b,m+(size_t)y*stride+x,stride,zp_band_q(c,i,t)); else store32_c(b,m+(size_t)y*stride+x,stride,zp_band_q(c,i,t)); } }
// ---------- value arrays ----------
static uint32_t any_above(const zp_band*b,size_t idx,int q){ uint32_t o=0; for(;q<b->top;q++)o|=b->B[q][idx]; return o; }
static uint32_t word(const zp_band*b,int q,size_t idx){ return q<b->top?b->B[q][idx]:0; }
// min(mag>>q,15) of the 32 lanes
static void val_c(const zp_band*b,size_t idx,int q,uint8_t*o){ uint32_t hi=any_above(b,idx,q+4),w[4]; for(int i=0;i<4;i++)w[i]=word(b,q+i,idx); for(int j=0;j<32;j++) o[j]=(hi>>j&1)?15:(w[0]>>j&1)|(w[1]>>j&1)<<1|(w[2]>>j&1)<<2|(w[3]>>j&1)<<3; }
AVX INL __m256i val_avx2(const zp_band*b,size_t idx,int q){ __m256i v=bits32(any_above(b,idx,q+4)); v=_mm256_and_si256(v,_mm256_set1_epi8(15));
  for(int i=0;i<4;i++) if(q+i<b->top) v=_mm256_or_si256(v,_mm256_and_si256(bits32(b->B[q+i][idx]),_mm256_set1_epi8(1<<i))); return v; }
// min(mag>>q,7)*2
AVX INL __m256i par_avx2(const zp_band*b,size_t idx,int q){ __m256i v=_mm256_and_si256(bits32(any_above(b,idx,q+3)),_mm256_set1_epi8(14));
  for(int i=0;i<3;i++) if(q+i<b->top) v=_mm256_or_si256(v,_mm256_and_si256(bits32(b->B[q+i][idx]),_mm256_set1_epi8(2<<i))); return v; }
AVX static void sync_values_avx2(zp_band*b,int q){ for(int k=0;k<4;k++)for(int i=0;i<b->H2;i++)for(int u=0;u<b->nu;u++) if(b->act[i*b->nu+u]) _mm256_storeu_si256((__m256i*)(b->C[k]+(size_t)i*b->st+32*u),val_avx2(b,(size_t)k*b->n+i*b->nu+u,q)); }
static void sync_values(zp_band*b,int q){ if(b->Cq==q) return; if(b->nz) { if(zp_use_avx2) sync_values_avx2(b,q); else for(int k=0;k<4;k++)for(int i=0;i<b->H2;i++)for(int u=0;u<b->nu;u++) val_c(b,(size_t)k*b->n+i*b->nu+u,q,b->C[k]+(size_t)i*b->st+32*u);} b->Cq=q; }
static void sign_unit(const zp_band*b,int k,int i,int u,int8_t*g){ size_t idx=(size_t)k*b->n+i*b->nu+u; uint32_t s=b->sig[idx],n=b->sgn[idx]; for(int j=0;j<32;j++) g[j]=(s>>j&1)?((n>>j&1)?-1:1):0; }
AVX static void sync_signs_avx2(zp_band*b){ for(int k=0;k<4;k++)for(int i=0;i<b->H2;i++)for(int u=0;u<b->nu;u++){ size_t idx=(size_t)k*b->n+i*b->nu+u; _mm256_storeu_si256((__m256i*)(b->G[k]+(size_t)i*b->st+32*u),_mm256_and_si256(bits32(b->sig[idx]),_mm256_or_si256(bits32(b->sgn[idx]),_mm256_set1_epi8(1)))); } }
static void sync_signs(zp_band*b){ if(b->Gok)return; b->Gok=1; if(zp_use_avx2){sync_signs_avx2(b);return;} for(int k=0;k<4;k++)for(int i=0;i<b->H2;i++)for(int u=0;u<b->nu;u++) sign_unit(b,k,i,u,b->G[k]+(size_t)i*b->st+32*u); }
// ---------- context ----------
typedef struct { const uint8_t*v[8]; const int8_t*g[4]; const uint8_t*par,*sib[3]; uint8_t*C; int8_t*G; } nbr;
typedef struct { uint16_t x[64]; const uint8_t*p,*end; int L,par; } lanes; // par: which half the next step uses (L = 64)
typedef struct { uint8_t (*p)[32]; uint32_t*b; uint8_t*kind; size_t n,cap; } items; // kind 0 magnitude index, 1 sign index, 2 probability
typedef struct { zp_chunk*c; zp_band*b; int q; const uint8_t*tab,*stab; lanes*l; items*it; const zp_band*par; int psh,ns; zp_band*sib[3]; int sh[3]; int dbl; uint8_t vm[4][32]; } rowctx;
AVX INL void parent_row_avx2(rowctx*r,int i){ zp_chunk*c=r->c; const zp_band*par=r->par,*b=r->b; uint8_t*o=c->prow+(size_t)(i&3)*c->prow_st;
  if(!par||i>=par->h) return; const uint8_t*a=par->C[(i&1)?3:0]+(size_t)(i>>1)*par->st,*d=par->C[(i&1)?1:2]+(size_t)(i>>1)*par->st; int nu=par->nu; const __m256i c7=_mm256_set1_epi8(7); const __m128i sh=_mm_cvtsi32_si128(r->psh); const __m256i keep=_mm256_set1_epi8(15>>r->psh);
  for(int u=0;u<nu&&64*u<b->nu*32;u++){ __m256i A=_mm256_min_epu8(_mm256_and_si256(_mm256_srl_epi16(LD(a+32*u),sh),keep),c7),B=_mm256_min_epu8(_mm256_and_si256(_mm256_srl_epi16(LD(d+32*u),sh),keep),c7); A=_mm256_add_epi8(A,A);B=_mm256_add_epi8(B,B);
    __m256i t0=_mm256_unpacklo_epi8(A,B),t1=_mm256_unpackhi_epi8(A,B); _mm256_storeu_si256((__m256i*)(o+64*u),_mm256_permute2x128_si256(t0,t1,0x20)); _mm256_storeu_si256((__m256i*)(o+64*u+32),_mm256_permute2x128_si256(t0,t1,0x31)); }
  if(nu*64<b->nu*32) memset(o+nu*64,0,b->nu*32-nu*64); }
static void parent_row_c(rowctx*r,int i){ zp_chunk*c=r->c; const zp_band*par=r->par,*b=r->b; uint8_t*o=c->prow+(size_t)(i&3)*c->prow_st; if(!par||i>=par->h)return; memset(o,0,b->nu*32);
  for(int j=0;j<b->W2&&j<par->w;j++){ int k=(i&1)?((j&1)?1:3):((j&1)?2:0); int v=par->C[k][(size_t)(i>>1)*par->st+(j>>1)]>>r->psh; o[j]=2*(v>7?7:v); } }
INL void neighbours(const rowctx*r,int k,int i,nbr*o){
  zp_band*b=r->b; ptrdiff_t st=b->st;
  #define RC(kk,ii) (b->C[kk]+(ptrdiff_t)(ii)*st)
  #define RG(kk,ii) (b->G[kk]+(ptrdiff_t)(ii)*st)
  #define NB(a,ra,da,e,re,de,f,rf,df,g_,rg,dg) o->v[0]=RC(a,ra)+da;o->v[1]=RC(e,re)+de;o->v[2]=RC(f,rf)+df;o->v[3]=RC(g_,rg)+dg; o->g[0]=RG(a,ra)+da;o->g[1]=RG(e,re)+de;o->g[2]=RG(f,rf)+df;o->g[3]=RG(g_,rg)+dg;
  #define DI(a,r0,r1,d0) o->v[4]=RC(a,r0)+d0;o->v[5]=RC(a,r0)+d0+1;o->v[6]=RC(a,r1)+d0;o->v[7]=RC(a,r1)+d0+1;
  if(k==0){ NB(3,i-1,0,3,i,0,2,i,-1,2,i,0) DI(1,i-1,i,-1) } else if(k==1){ NB(2,i,0,2,i+1,0,3,i,0,3,i,1) DI(0,i,i+1,0) } else if(k==2){ NB(1,i-1,0,1,i,0,0,i,0,0,i,1) DI(3,i-1,i,0) } else { NB(0,i,0,0,i+1,0,1,i,-1,1,i,0) DI(2,i,i+1,-1) }
  o->par= r->par&&i<r->par->h ? r->c->prow+(size_t)(i&3)*r->c->prow_st : r->c->prow+(size_t)4*r->c->prow_st;
  for(int s=0;s<r->ns;s++) o->sib[s]=r->sib[s]->C[k]+(ptrdiff_t)i*r->sib[s]->st;
  o->C=RC(k,i); o->G=RG(k,i); }
static int rows_of(const zp_band*b,int k){ return (b->h-PYk[k]+1)>>1; }
static int cols_of(const zp_band*b,int k){ return (b->w-PXk[k]+1)>>1; }
static void valid_mask(const zp_band*b,int k,uint8_t*m){ int n=cols_of(b,k)-32*(b->nu-1); for(int j=0;j<32;j++)m[j]=j<n?255:0; }
INL int sat255(int x){return x>255?255:x;}
INL int cls_c(int s){ return s<16?TLO[s]:THI[s>>4]; }
INL int S_c(const rowctx*r,const nbr*n,int k,int j){ int d=n->v[0][j]+n->v[1][j]+n->v[2][j]+n->v[3][j]; int e=n->v[4][j]+n->v[5][j]+n->v[6][j]+n->v[7][j]; int s=0; for(int z=0;z<r->ns;z++){ int v=n->sib[z][j]>>r->sh[z]; s+=v>7?7:v; } if(r->dbl)s*=2;
  return sat255((k<2?4*d:2*d)+((k&1)?e:2*e)+s+n->par[j]); }
INL int sctx_c(const nbr*n,int j){ return 5*(n->g[0][j]+n->g[1][j])+n->g[2][j]+n->g[3][j]; }
AVX INL __m256i class_avx2(const rowctx*r,const nbr*n,int k,int j,int ns){ // largest partial sum 240+155: saturate once
  __m256i d=_mm256_add_epi8(_mm256_add_epi8(LD(n->v[0]+j),LD(n->v[1]+j)),_mm256_add_epi8(LD(n->v[2]+j),LD(n->v[3]+j)));
  __m256i e=_mm256_add_epi8(_mm256_add_epi8(LD(n->v[4]+j),LD(n->v[5]+j)),_mm256_add_epi8(LD(n->v[6]+j),LD(n->v[7]+j)));
  d=_mm256_add_epi8(d,d); if(k<2) d=_mm256_add_epi8(d,d); if(!(k&1)) e=_mm256_add_epi8(e,e);
  if(ns){ const __m256i c7=_mm256_set1_epi8(7); __m256i s=_mm256_setzero_si256(); for(int z=0;z<ns;z++){ __m256i v=LD(n->sib[z]+j); if(r->sh[z]) v=_mm256_and_si256(_mm256_srli_epi16(v,1),c7); else v=_mm256_min_epu8(v,c7); s=z?_mm256_add_epi8(s,v):v; } if(ns==1)s=_mm256_add_epi8(s,s); e=_mm256_add_epi8(e,s); }
  e=_mm256_add_epi8(e,LD(n->par+j)); __m256i s=_mm256_adds_epu8(d,e);
  const __m256i tlo=_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)TLO)), thi=_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)THI));
  __m256i a=_mm256_shuffle_epi8(tlo,_mm256_adds_epu8(s,_mm256_set1_epi8(0x70)));
  __m256i b=_mm256_shuffle_epi8(thi,_mm256_and_si256(_mm256_srli_epi16(s,4),_mm256_set1_epi8(15)));
  return _mm256_or_si256(a,b); }
// ---------- lane coder: decode ----------
static uint32_t dec_unit_c(lanes*s,const uint8_t*p){ uint32_t out=0; int W=s->L<32?s->L:32; uint16_t*X=s->x+32*s->par; if(s->L==64) s->par^=1;
  for(int g=0;g<32;g+=W) { for(int j=0;j<W;j++){ uint32_t x=X[j],P=p[g+j]; uint32_t t=x*P>>8; if((x*P&255)+P>=256){ out|=1u<<(g+j); x=t; } else x-=t; X[j]=x; }
    for(int j=0;j<W;j++) if(X[j]<256){ X[j]=X[j]<<8|*s->p++; } }
  return out; }
typedef struct { __m256i x0,x1,y0,y1; const uint8_t*p; } vst; // L=32; L=8 uses the low half of x0
AVX INL __m256i load_lut2(int lo,int hi){ return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_load_si128((const __m128i*)EXPD[lo])),_mm_load_si128((const __m128i*)EXPD[hi]),1); }
AVX INL __m256i load_two(const uint8_t*a,const uint8_t*b){ return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)a)),_mm_loadu_si128((const __m128i*)b),1); }
AVX INL __m256i dec32(vst*s,__m256i p){
  const __m256i z=_mm256_setzero_si256(), ones=_mm256_set1_epi16(-1);
  __m256i P0=_mm256_unpacklo_epi8(z,p),P1=_mm256_unpackhi_epi8(z,p);
  __m256i t0=_mm256_mulhi_epu16(s->x0,P0), t1=_mm256_mulhi_epu16(s->x1,P1);
  __m256i m0=_mm256_cmpeq_epi16(_mm256_adds_epu16(_mm256_mullo_epi16(s->x0,P0),P0),ones), m1=_mm256_cmpeq_epi16(_mm256_adds_epu16(_mm256_mullo_epi16(s->x1,P1),P1),ones);
  __m256i x0=_mm256_blendv_epi8(_mm256_sub_epi16(s->x0,t0),t0,m0), x1=_mm256_blendv_epi8(_mm256_sub_epi16(s->x1,t1),t1,m1);
  __m256i r0=_mm256_cmpeq_epi16(_mm256_srli_epi16(x0,8),z), r1=_mm256_cmpeq_epi16(_mm256_srli_epi16(x1,8),z);
  uint32_t R=_mm256_movemask_epi8(_mm256_packs_epi16(r0,r1));
  const uint8_t*pa=s->p,*pb=pa+_mm_popcnt_u32(R&0xFF),*pc=pa+_mm_popcnt_u32(R&0xFFFF),*pd=pa+_mm_popcnt_u32(R&0xFFFFFF);
  __m256i v0=_mm256_shuffle_epi8(load_two(pa,pc),load_lut2(R&255,(R>>16)&255)), v1=_mm256_shuffle_epi8(load_two(pb,pd),load_lut2((R>>8)&255,R>>24));
  s->p=pa+_mm_popcnt_u32(R);
  s->x0=_mm256_or_si256(_mm256_blendv_epi8(x0,_mm256_slli_epi16(x0,8),r0),v0); s->x1=_mm256_or_si256(_mm256_blendv_epi8(x1,_mm256_slli_epi16(x1,8),r1),v1);
  return _mm256_packs_epi16(m0,m1); }
AVX INL __m128i dec8(vst*s,__m128i p8){ // 8 lanes, p in the low 8 bytes -> masks 8x16
  const __m128i z=_mm_setzero_si128(), ones=_mm_set1_epi16(-1); __m128i X=_mm256_castsi256_si128(s->x0);
  __m128i P=_mm_unpacklo_epi8(z,p8), t=_mm_mulhi_epu16(X,P), m=_mm_cmpeq_epi16(_mm_adds_epu16(_mm_mullo_epi16(X,P),P),ones);
  __m128i x=_mm_blendv_epi8(_mm_sub_epi16(X,t),t,m), r=_mm_cmpeq_epi16(_mm_srli_epi16(x,8),z); uint32_t R=_mm_movemask_epi8(_mm_packs_epi16(r,z))&255;
  __m128i v=_mm_shuffle_epi8(_mm_loadl_epi64((const __m128i*)s->p),_mm_load_si128((const __m128i*)EXPD[R])); s->p+=_mm_popcnt_u32(R);
  s->x0=_mm256_castsi128_si256(_mm_or_si128(_mm_blendv_epi8(x,_mm_slli_epi16(x,8),r),v)); return m; }
AVX INL __m256i dec16(vst*s,__m128i p){ // lanes 0-15 in natural order in x0 -> masks 16x16
  const __m256i z=_mm256_setzero_si256(), ones=_mm256_set1_epi16(-1); __m256i P=_mm256_slli_epi16(_mm256_cvtepu8_epi16(p),8), X=s->x0, t=_mm256_mulhi_epu16(X,P), m=_mm256_cmpeq_epi16(_mm256_adds_epu16(_mm256_mullo_epi16(X,P),P),ones);
  __m256i x=_mm256_blendv_epi8(_mm256_sub_epi16(X,t),t,m), r=_mm256_cmpeq_epi16(_mm256_srli_epi16(x,8),z); uint32_t R=_mm256_movemask_epi8(_mm256_packs_epi16(r,z)); R=(R&255)|(R>>8&0xFF00);
  const uint8_t*pa=s->p,*pb=pa+_mm_popcnt_u32(R&255); __m256i v=_mm256_shuffle_epi8(load_two(pa,pb),load_lut2(R&255,R>>8)); s->p=pa+_mm_popcnt_u32(R);
  s->x0=_mm256_or_si256(_mm256_blendv_epi8(x,_mm256_slli_epi16(x,8),r),v); return m; }
AVX INL __m256i dec_any(vst*s,__m256i p,int L){ if(L==32) return dec32(s,p);
  if(L==16){ __m256i a=dec16(s,_mm256_castsi256_si128(p)),b=dec16(s,_mm256_extracti128_si256(p,1)); return _mm256_permute4x64_epi64(_mm256_packs_epi16(a,b),0xD8); }
  if(L==64){ __m256i m=dec32(s,p),a=s->x0,b=s->x1; s->x0=s->y0; s->x1=s->y1; s->y0=a; s->y1=b; return m; }
  __m128i a=_mm256_castsi256_si128(p),b=_mm256_extracti128_si256(p,1); __m128i m0=dec8(s,a),m1=dec8(s,_mm_srli_si128(a,8)),m2=dec8(s,b),m3=dec8(s,_mm_srli_si128(b,8));
  return _mm256_set_m128i(_mm_packs_epi16(m2,m3),_mm_packs_epi16(m0,m1)); }
AVX INL void half_load(const uint16_t*x,__m256i*a,__m256i*b){ __m256i v=LD(x),w=LD(x+16); *a=_mm256_permute2x128_si256(v,w,0x20); *b=_mm256_permute2x128_si256(v,w,0x31); }
AVX INL void half_save(uint16_t*x,__m256i a,__m256i b){ _mm256_storeu_si256((__m256i*)x,_mm256_permute2x128_si256(a,b,0x20)); _mm256_storeu_si256((__m256i*)(x+16),_mm256_permute2x128_si256(a,b,0x31)); }
AVX INL void lanes_load(const lanes*l,vst*s){ if(l->L<32) s->x0=LD(l->x); else { half_load(l->x,&s->x0,&s->x1); half_load(l->x+32,&s->y0,&s->y1); } s->p=l->p; }
AVX INL void lanes_save(lanes*l,const vst*s){ if(l->L<32) _mm256_storeu_si256((__m256i*)l->x,s->x0); else { half_save(l->x,s->x0,s->x1); half_save(l->x+32,s->y0,s->y1); } l->p=s->p; } // L = 64: half 0 is always the next
// one row of one phase of a coded band-plane
INL int row_idle(const zp_band*b,int i){ const uint8_t*a=b->act+(size_t)i*b->nu; int u=0; for(;u<b->nu;u++) if(a[u])return 0; return 1; }
AVX INL void row_dec_t(const rowctx*r,vst*s,int k,int i,int L,int signs,int ns){
  zp_band*b=r->b; if(row_idle(b,i))return; nbr n; neighbours(r,k,i,&n); uint32_t*B=b->B[r->q]+(size_t)k*b->n+(size_t)i*b->nu, *SG=b->sgn+(size_t)k*b->n+(size_t)i*b->nu; const uint8_t*act=b->act+(size_t)i*b->nu;
  const __m128i*T=(const __m128i*)(r->tab+48*k); const __m256i T0=_mm256_broadcastsi128_si256(_mm_loadu_si128(T)),T1=_mm256_broadcastsi128_si256(_mm_loadu_si128(T+1)),T2=_mm256_broadcastsi128_si256(_mm_loadu_si128(T+2));
  const __m256i z=_mm256_setzero_si256(),one=_mm256_set1_epi8(1),c15=_mm256_set1_epi8(15); __m256i TS=z; if(signs) TS=_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)r->stab));
  for(int u=0;u<b->nu;u++){ if(!act[u])continue; int j=32*u;
    __m256i cl=class_avx2(r,&n,k,j,ns), c=LD(n.C+j), e0=_mm256_cmpeq_epi8(c,z), e1=_mm256_cmpeq_epi8(c,one);
    __m256i p=_mm256_blendv_epi8(_mm256_blendv_epi8(_mm256_shuffle_epi8(T2,cl),_mm256_shuffle_epi8(T1,cl),e1),_mm256_shuffle_epi8(T0,cl),e0);
    p=_mm256_andnot_si256(_mm256_cmpgt_epi8(c,_mm256_set1_epi8(7)),p); if(u==b->nu-1) p=_mm256_and_si256(p,LD(r->vm[k]));
    __m256i bit=dec_any(s,p,L);
    _mm256_storeu_si256((__m256i*)(n.C+j),_mm256_min_epu8(_mm256_sub_epi8(_mm256_add_epi8(c,c),bit),c15));
    B[u]=_mm256_movemask_epi8(bit);
    if(signs){ __m256i nw=_mm256_and_si256(bit,e0); if(!_mm256_testz_si256(nw,nw)){
      __m256i v=_mm256_add_epi8(LD(n.g[0]+j),LD(n.g[1]+j)),h=_mm256_add_epi8(LD(n.g[2]+j),LD(n.g[3]+j)); __m256i v2=_mm256_add_epi8(v,v), zz=_mm256_add_epi8(_mm256_add_epi8(_mm256_add_epi8(v2,v2),v),h);
      __m256i f=_mm256_cmpgt_epi8(z,zz), ps=_mm256_and_si256(_mm256_shuffle_epi8(TS,_mm256_abs_epi8(zz)),nw);
      __m256i neg=_mm256_and_si256(_mm256_xor_si256(dec_any(s,ps,L),f),nw);
      SG[u]|=_mm256_movemask_epi8(neg);
      _mm256_storeu_si256((__m256i*)(n.G+j),_mm256_or_si256(LD(n.G+j),_mm256_or_si256(neg,_mm256_and_si256(nw,one)))); } }
  } }
static void row_dec_c(const rowctx*r,int k,int i){
  zp_band*b=r->b; nbr n; neighbours(r,k,i,&n); uint32_t*B=b->B[r->q]+(size_t)k*b->n+(size_t)i*b->nu,*SG=b->sgn+(size_t)k*b->n+(size_t)i*b->nu; const uint8_t*tab=r->tab+48*k;
  for(int u=0;u<b->nu;u++){ if(!b->act[i*b->nu+u])continue; uint8_t p[32]; uint32_t nw=0;
    for(int j=0;j<32;j++){ int x=32*u+j,c=n.C[x],m=c>2?2:c; p[j]=c>7?0:tab[16*m+cls_c(S_c(r,&n,k,x))]; if(u==b->nu-1)p[j]&=r->vm[k][j]; }
    uint32_t w=dec_unit_c(r->l,p);
    for(int j=0;j<32;j++){ int x=32*u+j,o=n.C[x]; int c=2*o+(w>>j&1); if(c>15)c=15; if(!o&&(w>>j&1))nw|=1u<<j; n.C[x]=c; }
    B[u]=w;
    if(r->stab&&nw){ uint32_t f=0; for(int j=0;j<32;j++){ int zz=sctx_c(&n,32*u+j); if(zz<0){f|=1u<<j;zz=-zz;} p[j]=(nw>>j&1)?r->stab[zz]:0; }
      uint32_t neg=(dec_unit_c(r->l,p)^f)&nw; SG[u]|=neg; for(int j=0;j<32;j++) if(nw>>j&1) n.G[32*u+j]=(neg>>j&1)?-1:1; } } }
// ---------- descriptors ----------
typedef struct { uint8_t comp,band,q,h0,h1,fp[3]; } desc; // h0: 0 empty, 1 raw, 2+ table; h1: low 4 sign (0 raw), bits 4-5 flags (0 none new, 1 coded, 2 all)
enum { MAXDESC=4*ZP_MAXBANDS*ZP_MAXPLANES };
static int sibs_of(zp_chunk*c,int comp,int i,int i0,zp_band**s){ int n=0; if(i>0){ int o=(i-1)%3; for(int k=0;k<o;k++) s[n++]=&c->b[comp][i-o+k]; } if(comp>0) s[n++]=&c->b[comp-1][i]; (void)i0; return n; }
static zp_band* parent_of(zp_chunk*c,int comp,int i){ return i>3?&c->b[comp][i-3]:0; }
static void set_row(zp_chunk*c,int comp,int i,int q,rowctx*r){ zp_band*b=&c->b[comp][i],*s[4]; memset(r,0,sizeof*r); r->c=c;r->b=b;r->q=q; int n=sibs_of(c,comp,i,0,s);
  for(int k=0;k<n;k++) if(!s[k]->raw){ if(s[k]->Cq!=q&&s[k]->Cq!=q-1) sync_values(s[k],q); r->sh[r->ns]=s[k]->Cq==q-1; r->sib[r->ns++]=s[k]; }
  r->dbl=r->ns==1; zp_band*p=parent_of(c,comp,i); if(p&&p->raw)p=0; if(p){ if(p->Cq!=q&&p->Cq!=q-1) sync_values(p,q); r->psh=p->Cq==q-1; } r->par=p;
  for(int kk=0;kk<4;kk++)valid_mask(b,kk,r->vm[kk]); sync_values(b,q+1); }
static int flag_vec(const zp_band*b,const uint8_t*fp,int j0,uint8_t*p){ int any=0; for(int j=0;j<32;j++){ int x=j0+j; p[j]=0; if(x<b->n&&!b->act[x]){ int s=b->act[x-1]+b->act[x+1]+b->act[x-b->nu]+b->act[x+b->nu]; p[j]=fp[s==0?0:s<=2?1:2]; any=1; } } return any; }
static void clear_raw(zp_chunk*c,int i0,int i1){ for(int k=0;k<c->comps;k++)for(int i=i0;i<i1;i++)c->b[k][i].raw=0; }
// ---------- raw bits ----------
typedef struct { const uint8_t*p,*end; uint64_t acc; int n; } breader;
INL uint32_t rbits(breader*r,int n){ if(r->n<n){ if(r->end-r->p>=4){ uint32_t v; memcpy(&v,r->p,4); r->acc|=(uint64_t)v<<r->n; r->p+=4; r->n+=32; } else while(r->n<n){ uint64_t v=r->p<r->end?*r->p:0; r->p++; r->acc|=v<<r->n; r->n+=8; } } uint32_t v=(uint32_t)(r->acc&((1ull<<n)-1)); r->acc>>=n; r->n-=n; return v; }
typedef struct { uint8_t*p; uint64_t acc; int n; } bwriter;
INL void wbits(bwriter*w,uint32_t v,int n){ w->acc|=(uint64_t)v<<w->n; w->n+=n; if(w->n>=32){ uint32_t x=(uint32_t)w->acc; memcpy(w->p,&x,4); w->p+=4; w->acc>>=32; w->n-=32; } }
static void wflush(bwriter*w){ while(w->n>0){ *w->p++=(uint8_t)w->acc; w->acc>>=8; w->n-=8; } w->n=0; }
AVX INL uint32_t dep_hw(uint32_t v,uint32_t m){ return _pdep_u32(v,m); }
AVX INL uint32_t ext_hw(uint32_t v,uint32_t m){ return _pext_u32(v,m); }
INL uint32_t dep_c(uint32_t v,uint32_t m){ uint32_t o=0; while(m){ uint32_t l=m&-m; if(v&1)o|=l; v>>=1; m&=m-1; } return o; }
INL uint32_t ext_c(uint32_t v,uint32_t m){ uint32_t o=0; int k=0; while(m){ uint32_t l=m&-m; if(v&l)o|=1u<<k; k++; m&=m-1; } return o; }
INL uint32_t peek32(const uint8_t*p,size_t bit){ uint64_t v; memcpy(&v,p+(bit>>3),8); return (uint32_t)(v>>(bit&7)); }
static __thread uint32_t*HIB; static __thread size_t HIN; static uint32_t*hi_room(size_t n){ if(HIN<n){ free(HIB); HIB=malloc(4*n); HIN=n; } return HIB; }
#define PASS2(NAME,ATTR,DEP,EXT) \
ATTR static size_t NAME##_dec(zp_band*b,const desc*d,const uint8_t*p_,size_t pos,size_t lim){ uint32_t*HI=hi_room((size_t)4*b->n); uint32_t*restrict B=b->B[d->q],*restrict sig=b->sig,*restrict sgn=b->sgn; int rawm=d->h0==1,raws=(d->h1&15)==0; int nu=b->nu; \
  if(rawm) for(int k=0;k<4;k++){ int rows=rows_of(b,k),lastn=cols_of(b,k)-32*(nu-1); uint32_t lm=lastn>=32?0xffffffffu:(1u<<lastn)-1; for(int i=0;i<rows;i++)for(int u=0;u<nu;u++){ size_t a=(size_t)i*nu+u; if(!b->act[a])continue; a+=(size_t)k*b->n; if(pos>lim)return pos; uint32_t v=peek32(p_,pos); if(u==nu-1){ v&=lm; pos+=lastn; } else pos+=32; B[a]=v; } } \
  size_t N=(size_t)4*b->n; if(!rawm) for(int p=b->top-1,first=1;p>=d->q+4;p--,first=0) { if(first) for(size_t a=0;a<N;a++) HI[a]=0; for(size_t a=0;a<N;a++) HI[a]|=b->B[p][a]; if(p==d->q+4) for(size_t a=0;a<N;a++){ uint32_t m=HI[a]; if(!m)continue; if(pos>lim)return pos; B[a]|=DEP(peek32(p_,pos),m); pos+=__builtin_popcount(m); } } \
  if(raws) for(size_t a=0;a<N;a++){ uint32_t nw=B[a]&~sig[a]; if(pos>lim)return pos; sgn[a]|=DEP(peek32(p_,pos),nw); pos+=__builtin_popcount(nw); sig[a]|=nw; } else for(size_t a=0;a<N;a++) sig[a]|=B[a]; return pos; } \
ATTR static void NAME##_enc(zp_band*b,const desc*d,bwriter*w){ uint32_t*restrict B=b->B[d->q],*restrict sig=b->sig; int rawm=d->h0==1,raws=(d->h1&15)==0; int nu=b->nu; \
  if(rawm) for(int k=0;k<4;k++){ int rows=rows_of(b,k),lastn=cols_of(b,k)-32*(nu-1); for(int i=0;i<rows;i++)for(int u=0;u<nu;u++){ size_t a=(size_t)i*nu+u; if(!b->act[a])continue; a+=(size_t)k*b->n; wbits(w,B[a],u==nu-1?lastn:32); } } \
  size_t N=(size_t)4*b->n; if(!rawm&&b->top>d->q+4) for(size_t a=0;a<N;a++){ uint32_t m=any_above(b,a,d->q+4); if(m) wbits(w,EXT(B[a],m),__builtin_popcount(m)); } \
  if(raws) for(size_t a=0;a<N;a++){ uint32_t nw=B[a]&~sig[a]; if(nw) wbits(w,EXT(b->sgn[a],nw),__builtin_popcount(nw)); sig[a]|=nw; } else for(size_t a=0;a<N;a++) sig[a]|=B[a]; }
PASS2(pass2_hw,AVX,dep_hw,ext_hw)
PASS2(pass2_c,,dep_c,ext_c)
// ---------- decode a packet ----------
AVX INL void wave_dec_t(rowctx*rc,int L,int signs,int ns){ zp_band*b=rc->b; vst s; lanes_load(rc->l,&s); int R0=rows_of(b,0),R1=rows_of(b,1);
  for(int i=0;i<R0+2;i++){ if(i<R0){ parent_row_avx2(rc,i); row_dec_t(rc,&s,0,i,L,signs,ns);} if(i>=1){ if(i-1<R1)row_dec_t(rc,&s,1,i-1,L,signs,ns); if(i-1<R0)row_dec_t(rc,&s,2,i-1,L,signs,ns);} if(i>=2&&i-2<R1)row_dec_t(rc,&s,3,i-2,L,signs,ns); if(s.p>rc->l->end)break; }
  lanes_save(rc->l,&s); }
#define WD(L,S) switch(rc->ns){ case 0: wave_dec_t(rc,L,S,0);break; case 1: wave_dec_t(rc,L,S,1);break; case 2: wave_dec_t(rc,L,S,2);break; default: wave_dec_t(rc,L,S,3);}
AVX static void wd320(rowctx*rc){ WD(32,0) }
AVX static void wd321(rowctx*rc){ WD(32,1) }
AVX static void wd640(rowctx*rc){ WD(64,0) }
AVX static void wd641(rowctx*rc){ WD(64,1) }
AVX static void wd16(rowctx*rc){ if(rc->stab) wave_dec_t(rc,16,1,rc->ns); else wave_dec_t(rc,16,0,rc->ns); }
AVX static void wd8(rowctx*rc){ if(rc->stab) wave_dec_t(rc,8,1,rc->ns); else wave_dec_t(rc,8,0,rc->ns); }
static void wave_dec_avx2(rowctx*rc){ if(rc->l->L==8) wd8(rc); else if(rc->l->L==16) wd16(rc); else if(rc->l->L==64){ if(rc->stab) wd641(rc); else wd640(rc); } else if(rc->stab) wd321(rc); else wd320(rc); }
static void wave_dec_c(rowctx*rc){ zp_band*b=rc->b; int R0=rows_of(b,0),R1=rows_of(b,1);
  for(int i=0;i<R0+2;i++){ if(i<R0){ parent_row_c(rc,i); row_dec_c(rc,0,i);} if(i>=1){ if(i-1<R1)row_dec_c(rc,1,i-1); if(i-1<R0)row_dec_c(rc,2,i-1);} if(i>=2&&i-2<R1)row_dec_c(rc,3,i-2); if(rc->l->p>rc->l->end)break; } }
AVX static uint32_t dec_one_avx2(lanes*l,const uint8_t*p){ vst s; lanes_load(l,&s); __m256i m= l->L==8?dec_any(&s,LD(p),8):l->L==16?dec_any(&s,LD(p),16):l->L==32?dec_any(&s,LD(p),32):dec_any(&s,LD(p),64); lanes_save(l,&s); return _mm256_movemask_epi8(m); }
static __thread uint8_t*SCR; static __thread size_t SCRN;
static uint8_t*scratch(size_t n){ if(SCRN<n){ free(SCR); SCRN=n*2; SCR=malloc(SCRN);} return SCR; }
static int planes_in(const zp_chunk*c,int i,int t,int*lo,int*hi){ *lo=zp_band_q(c,i,t); *hi= t==c->F?ZP_MAXPLANES:zp_band_q(c,i,t+1); return *hi>*lo; }
int zp_dec_packet(zp_chunk*c,int r,int t,const uint8_t*in,size_t nbytes){
  static __thread desc D[MAXDESC]; int nd=0,i0,i1; res_bands(c,r,&i0,&i1); clear_raw(c,0,c->nb);
  if(!nbytes) return 0; 
  const uint8_t*p=in,*end=in+nbytes; if(p>=end)return 1; int L=*p++; if(L>4)return 1; static const uint8_t LL[5]={0,8,16,32,64}; L=LL[L];
  for(int cc=0;cc<c->comps;cc++)for(int i=i0;i<i1;i++){ int lo,hi; if(!planes_in(c,i,t,&lo,&hi))continue; if(!c->b[cc][i].n)continue; if(t==c->F){ if(p>=end)return 1; hi=lo+*p++; if(hi>ZP_MAXPLANES)return 1; }
    for(int q=hi-1;q>=lo;q--){ if(p>=end)return 1; desc d={cc,i,q,*p++,0,{0}}; if(d.h0){ if(d.h0>=2+NT||p>=end)return 1; d.h1=*p++; if((d.h1&15)>NS||d.h1>>4>2)return 1; if((d.h1>>4)==1){ if(end-p<3)return 1; memcpy(d.fp,p,3); p+=3; } D[nd++]=d; } } }
  size_t rawn=0; int sh=0; for(;;){ if(p>=end||sh>28)return 1; rawn|=(size_t)(*p&127)<<sh; sh+=7; if(!(*p++&128))break; }
  size_t E=rawn<(size_t)L?rawn:L; if((size_t)(end-p)<rawn-E+2*L) return 1;
  uint8_t*rb=scratch(nbytes+rawn+65536); memcpy(rb,p,rawn-E); p+=rawn-E; uint8_t*lb=rb+rawn+64; size_t ln=end-p; memcpy(lb,p,ln); memset(lb+ln,0,96);
  lanes l; l.L=L; l.par=0; for(int j=0;j<64;j++) l.x[j]=256; memcpy(l.x,lb,2*L); for(int j=0;j<L;j++) if(l.x[j]<256)return 1; l.p=lb+2*L; l.end=lb+ln;
  for(int k=0;k<nd;k++){ desc*d=&D[k]; zp_band*b=&c->b[d->comp][d->band]; int q=d->q; if(b->top<q+1)b->top=q+1;
    int fm=d->h1>>4;
    if(fm==2){ memset(b->act,1,b->n); b->nact=b->n; }
    else if(fm==1){ uint8_t*nw=lb+ln+96; (void)nw; uint32_t words[1]; /* new flags take effect after all are read */ static __thread uint8_t fl[65536*2]; memset(fl,0,b->n);
      for(int j0=0;j0<b->n;j0+=32){ uint8_t pv[32]; if(!flag_vec(b,d->fp,j0,pv))continue; words[0]=zp_use_avx2?dec_one_avx2(&l,pv):dec_unit_c(&l,pv); for(int j=0;j<32;j++) if(words[0]>>j&1) fl[j0+j]=1; if(l.p>l.end)return 1; }
      for(int j=0;j<b->n;j++) if(fl[j]){ b->act[j]=1; b->nact++; } }
    if(d->h0==1){ b->raw=1; b->Gok=0; b->nz=1; continue; }
    rowctx rc; set_row(c,d->comp,d->band,q,&rc); rc.l=&l; rc.tab=(const uint8_t*)TAB[d->h0-2]; int sm=d->h1&15; if(sm){ sync_signs(b); rc.stab=STAB[sm-1]; } else b->Gok=0;
    if(zp_use_avx2) wave_dec_avx2(&rc); else wave_dec_c(&rc);
    if(l.p>l.end)return 1; b->Cq=q; b->nz=1; }
  if(l.p!=l.end) return 2;
  if(!zp_use_avx2&&L==64&&l.par) { uint16_t tt[32]; memcpy(tt,l.x,64); memcpy(l.x,l.x+32,64); memcpy(l.x+32,tt,64); } // the half whose turn it is comes first
  for(int j=0;j<L;j++){ if((size_t)j<E){ if(l.x[j]>511)return 3; rb[rawn-E+j]=l.x[j]-256; } else if(l.x[j]!=256)return 3; }
  memset(rb+rawn,0,16); size_t pos=0,lim=rawn*8;
  for(int k=0;k<nd;k++){ desc*d=&D[k]; zp_band*b=&c->b[d->comp][d->band]; pos= zp_use_avx2?pass2_hw_dec(b,d,rb,pos,lim):pass2_c_dec(b,d,rb,pos,lim); if(pos>lim)return 4; }
  clear_raw(c,i0,i1); return (pos+7)/8==rawn?0:4; }
// ---------- encode ----------
static __thread items IT;
static void items_room(items*t,size_t more){ if(t->n+more>t->cap){ size_t nc=(t->n+more)*2; uint8_t*np=aligned_alloc(32,nc*32); if(t->n)memcpy(np,t->p,t->n*32); free(t->p); t->p=(void*)np; t->b=realloc(t->b,nc*4); t->kind=realloc(t->kind,nc); t->cap=nc; } }
AVX INL void row_enc_t(const rowctx*r,int k,int i,int signs,int ns){
  zp_band*b=r->b; if(row_idle(b,i))return; items*it=r->it; nbr n; neighbours(r,k,i,&n); uint32_t*B=b->B[r->q]+(size_t)k*b->n+(size_t)i*b->nu,*SG=b->sgn+(size_t)k*b->n+(size_t)i*b->nu; const uint8_t*act=b->act+(size_t)i*b->nu;
  const __m256i z=_mm256_setzero_si256(),one=_mm256_set1_epi8(1),c15=_mm256_set1_epi8(15),all=_mm256_set1_epi8(-1);
  for(int u=0;u<b->nu;u++){ if(!act[u])continue; int j=32*u;
    __m256i cl=class_avx2(r,&n,k,j,ns), c=LD(n.C+j), bit=bits32(B[u]), e0=_mm256_cmpeq_epi8(c,z);
    __m256i x=_mm256_or_si256(cl,_mm256_slli_epi16(_mm256_min_epu8(c,_mm256_set1_epi8(2)),4)); if(u==b->nu-1) x=_mm256_or_si256(x,_mm256_xor_si256(LD(r->vm[k]),all));
    __m256i big=_mm256_cmpgt_epi8(c,_mm256_set1_epi8(7)); x=_mm256_or_si256(x,big); _mm256_store_si256((__m256i*)it->p[it->n],x); it->kind[it->n]=k; it->b[it->n++]=B[u]&~(uint32_t)_mm256_movemask_epi8(big);
    _mm256_storeu_si256((__m256i*)(n.C+j),_mm256_min_epu8(_mm256_sub_epi8(_mm256_add_epi8(c,c),bit),c15));
    if(signs){ __m256i nw=_mm256_and_si256(bit,e0); if(!_mm256_testz_si256(nw,nw)){ uint32_t nm=_mm256_movemask_epi8(nw);
      __m256i v=_mm256_add_epi8(LD(n.g[0]+j),LD(n.g[1]+j)),h=_mm256_add_epi8(LD(n.g[2]+j),LD(n.g[3]+j)); __m256i v2=_mm256_add_epi8(v,v), zz=_mm256_add_epi8(_mm256_add_epi8(_mm256_add_epi8(v2,v2),v),h);
      uint32_t f=_mm256_movemask_epi8(zz); _mm256_store_si256((__m256i*)it->p[it->n],_mm256_or_si256(_mm256_abs_epi8(zz),_mm256_xor_si256(nw,all))); it->kind[it->n]=4; it->b[it->n++]=(SG[u]^f)&nm;
      _mm256_storeu_si256((__m256i*)(n.G+j),_mm256_or_si256(LD(n.G+j),_mm256_and_si256(nw,_mm256_or_si256(bits32(SG[u]),one)))); } } } }
#define WE(S,NS) for(int i=0;i<R0+2;i++){ if(i<R0){ parent_row_avx2(r,i); row_enc_t(r,0,i,S,NS);} if(i>=1){ if(i-1<R1)row_enc_t(r,1,i-1,S,NS); if(i-1<R0)row_enc_t(r,2,i-1,S,NS);} if(i>=2&&i-2<R1)row_enc_t(r,3,i-2,S,NS); }
AVX static void wave_enc_avx2(rowctx*r,int signs){ int R0=rows_of(r->b,0),R1=rows_of(r->b,1); if(signs) switch(r->ns){ case 0: WE(1,0) break; case 1: WE(1,1) break; case 2: WE(1,2) break; default: WE(1,3) } else { switch(r->ns){ case 0: WE(0,0) break; case 1: WE(0,1) break; case 2: WE(0,2) break; default: WE(0,3) } } }
static void row_enc_c(const rowctx*r,int k,int i,int signs){
  zp_band*b=r->b; items*it=r->it; nbr n; neighbours(r,k,i,&n); uint32_t*B=b->B[r->q]+(size_t)k*b->n+(size_t)i*b->nu,*SG=b->sgn+(size_t)k*b->n+(size_t)i*b->nu;
  for(int u=0;u<b->nu;u++){ if(!b->act[i*b->nu+u])continue; uint32_t nw=0,big=0; uint8_t*p=it->p[it->n];
    for(int j=0;j<32;j++){ int x=32*u+j,c=n.C[x],m=c>2?2:c; p[j]=16*m+cls_c(S_c(r,&n,k,x)); if(u==b->nu-1&&!r->vm[k][j])p[j]=255; if(c>7){p[j]=255;big|=1u<<j;} if(!c&&(B[u]>>j&1))nw|=1u<<j; }
    for(int j=0;j<32;j++){ int x=32*u+j,c=2*n.C[x]+(B[u]>>j&1); n.C[x]=c>15?15:c; }
    it->kind[it->n]=k; it->b[it->n++]=B[u]&~big;
    if(signs&&nw){ p=it->p[it->n]; uint32_t f=0; for(int j=0;j<32;j++){ int zz=sctx_c(&n,32*u+j); if(zz<0){f|=1u<<j;zz=-zz;} p[j]=(nw>>j&1)?zz:255; } it->kind[it->n]=4; it->b[it->n++]=(SG[u]^f)&nw; for(int j=0;j<32;j++) if(nw>>j&1) n.G[32*u+j]=(SG[u]>>j&1)?-1:1; } } }
static void wave_enc_c(rowctx*r,int signs){ int R0=rows_of(r->b,0),R1=rows_of(r->b,1); for(int i=0;i<R0+2;i++){ if(i<R0){ parent_row_c(r,i); row_enc_c(r,0,i,signs);} if(i>=1){ if(i-1<R1)row_enc_c(r,1,i-1,signs); if(i-1<R0)row_enc_c(r,2,i-1,signs);} if(i>=2&&i-2<R1)row_enc_c(r,3,i-2,signs); } }
static uint64_t tcost(const uint16_t*l,const uint32_t*h,int n){ uint64_t s=0; for(int i=0;i<n;i++)s+=(uint64_t)l[i]*h[i]; return s; }
AVX static uint32_t tcost384(const uint16_t*l,const uint16_t*h){ __m256i s=_mm256_setzero_si256(); for(int i=0;i<384;i+=16){ __m256i a=LD(l+i),b=LD(h+i); /* both < 32768 */ s=_mm256_add_epi32(s,_mm256_madd_epi16(a,b)); } uint32_t o[8]; _mm256_storeu_si256((__m256i*)o,s); uint32_t t=0; for(int i=0;i<8;i++)t+=o[i]; return t; }
// lane encode, backwards from end; returns first byte
typedef struct { size_t start; const uint8_t*tab,*stab; } seg;
static __thread seg SEG[MAXDESC+1]; static __thread int NSEG;
static void probs_c(const items*it,size_t n,const seg*g,uint8_t*p){ int k=it->kind[n]; const uint8_t*x=it->p[n]; for(int j=0;j<32;j++) p[j]= k==5?x[j]:x[j]&0x80?0:k==4?g->stab[x[j]]:g->tab[48*k+x[j]]; }
AVX INL __m256i probs_avx2(const items*it,size_t n,const seg*g){ int k=it->kind[n]; __m256i x=_mm256_load_si256((const __m256i*)it->p[n]); if(k==5) return x;
  if(k==4) return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)g->stab)),x);
  const __m128i*T=(const __m128i*)(g->tab+48*k); __m256i p0=_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(T)),x),p1=_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(T+1)),x),p2=_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(T+2)),x);
  return _mm256_blendv_epi8(_mm256_blendv_epi8(p0,p1,_mm256_cmpgt_epi8(x,_mm256_set1_epi8(15))),p2,_mm256_cmpgt_epi8(x,_mm256_set1_epi8(31))); }
static uint8_t*enc_lanes_c(const items*it,int L,uint16_t*xs,uint8_t*e){ const seg*g=&SEG[NSEG-1]; int W=L<32?L:32; uint16_t*x=L==64?xs+32:xs,*y=xs; // L = 64: halves take turns
  for(size_t n=it->n;n-->0;){ while(n<g->start)g--; if(it->kind[n]==4&&!g->stab)continue; uint8_t p[32]; probs_c(it,n,g,p); uint32_t w=it->b[n];
    for(int q=32-W;q>=0;q-=W) for(int j=W-1;j>=0;j--){ int P=p[q+j],s=w>>(q+j)&1; uint32_t f=s?P:256-P,X=x[j]; if(X>=f<<8){ *--e=(uint8_t)X; X>>=8; } x[j]=(uint16_t)((X*256+(s?255:0))/f); }
    if(L==64){ uint16_t*t=x;x=y;y=t; } }
  if(L==64&&x==xs){ uint16_t t[32]; memcpy(t,xs,64); memcpy(xs,xs+32,64); memcpy(xs+32,t,64); } // y (turn passed) is half 0
  return e; }
AVX INL __m256i enc_div(__m256i N,__m256i f){ return _mm256_cvttps_epi32(_mm256_div_ps(_mm256_cvtepi32_ps(N),_mm256_cvtepi32_ps(f))); }
AVX INL __m256i enc_core(__m256i x,__m256i P,__m256i m,__m256i*bytes,__m256i*r){ const __m256i z=_mm256_setzero_si256(),ff=_mm256_set1_epi16(255),k=_mm256_set1_epi16(256);
  __m256i f=_mm256_blendv_epi8(_mm256_sub_epi16(k,P),P,m); __m256i xh=_mm256_srli_epi16(x,8); *r=_mm256_cmpgt_epi16(_mm256_add_epi16(xh,_mm256_set1_epi16(1)),f); *bytes=_mm256_and_si256(x,ff);
  x=_mm256_blendv_epi8(x,xh,*r); __m256i lo=_mm256_or_si256(_mm256_slli_epi16(x,8),_mm256_and_si256(m,ff)),hi=_mm256_srli_epi16(x,8);
  __m256i a=enc_div(_mm256_unpacklo_epi16(lo,hi),_mm256_unpacklo_epi16(f,z)), b=enc_div(_mm256_unpackhi_epi16(lo,hi),_mm256_unpackhi_epi16(f,z)); return _mm256_packus_epi32(a,b); }
AVX INL uint8_t*enc_lanes32_t(const items*it,uint16_t*xs,uint8_t*e,int two){ const __m256i z=_mm256_setzero_si256();
  __m256i x0,x1,y0,y1; half_load(xs+(two?32:0),&x0,&x1); half_load(xs,&y0,&y1);
  const seg*sg=&SEG[NSEG-1]; for(size_t n=it->n;n-->0;){ while(n<sg->start)sg--; if(it->kind[n]==4&&!sg->stab)continue; __m256i p=probs_avx2(it,n,sg),mb=bits32(it->b[n]); __m256i b0,b1,r0,r1;
    x0=enc_core(x0,_mm256_unpacklo_epi8(p,z),_mm256_unpacklo_epi8(mb,mb),&b0,&r0); x1=enc_core(x1,_mm256_unpackhi_epi8(p,z),_mm256_unpackhi_epi8(mb,mb),&b1,&r1);
    __m256i by=_mm256_packus_epi16(b0,b1); uint32_t R=_mm256_movemask_epi8(_mm256_packs_epi16(r0,r1));
    __m128i lo=_mm256_castsi256_si128(by),hi=_mm256_extracti128_si256(by,1);
    uint32_t a=R&255,b=R>>8&255,c=R>>16&255,d=R>>24; 
    _mm_storel_epi64((__m128i*)(e-8),_mm_shuffle_epi8(_mm_srli_si128(hi,8),_mm_loadl_epi64((const __m128i*)CMPR[d]))); e-=_mm_popcnt_u32(d);
    _mm_storel_epi64((__m128i*)(e-8),_mm_shuffle_epi8(hi,_mm_loadl_epi64((const __m128i*)CMPR[c]))); e-=_mm_popcnt_u32(c);
    _mm_storel_epi64((__m128i*)(e-8),_mm_shuffle_epi8(_mm_srli_si128(lo,8),_mm_loadl_epi64((const __m128i*)CMPR[b]))); e-=_mm_popcnt_u32(b);
    _mm_storel_epi64((__m128i*)(e-8),_mm_shuffle_epi8(lo,_mm_loadl_epi64((const __m128i*)CMPR[a]))); e-=_mm_popcnt_u32(a); if(two){ __m256i t=x0;x0=y0;y0=t;t=x1;x1=y1;y1=t; } }
  if(two){ half_save(xs,y0,y1); half_save(xs+32,x0,x1); } else half_save(xs,x0,x1); return e; }
AVX static uint8_t*enc_lanes32_avx2(const items*it,uint16_t*xs,uint8_t*e){ return enc_lanes32_t(it,xs,e,0); }
AVX static uint8_t*enc_lanes64_avx2(const items*it,uint16_t*xs,uint8_t*e){ return enc_lanes32_t(it,xs,e,1); }
AVX static uint8_t*enc_lanes16_avx2(const items*it,uint16_t*xs,uint8_t*e){ __m256i x=LD(xs); const seg*sg=&SEG[NSEG-1];
  for(size_t n=it->n;n-->0;){ while(n<sg->start)sg--; if(it->kind[n]==4&&!sg->stab)continue; __m256i pp=probs_avx2(it,n,sg),mm=bits32(it->b[n]);
    for(int g=1;g>=0;g--){ __m128i p8=g?_mm256_extracti128_si256(pp,1):_mm256_castsi256_si128(pp), m8=g?_mm256_extracti128_si256(mm,1):_mm256_castsi256_si128(mm); __m256i by,r;
      x=enc_core(x,_mm256_cvtepu8_epi16(p8),_mm256_cvtepi8_epi16(m8),&by,&r); __m128i b=_mm_packus_epi16(_mm256_castsi256_si128(by),_mm256_extracti128_si256(by,1)); uint32_t R=_mm_movemask_epi8(_mm_packs_epi16(_mm256_castsi256_si128(r),_mm256_extracti128_si256(r,1)));
      _mm_storel_epi64((__m128i*)(e-8),_mm_shuffle_epi8(_mm_srli_si128(b,8),_mm_loadl_epi64((const __m128i*)CMPR[R>>8]))); e-=_mm_popcnt_u32(R>>8); _mm_storel_epi64((__m128i*)(e-8),_mm_shuffle_epi8(b,_mm_loadl_epi64((const __m128i*)CMPR[R&255]))); e-=_mm_popcnt_u32(R&255); } }
  _mm256_storeu_si256((__m256i*)xs,x); return e; }
AVX static uint8_t*enc_lanes8_avx2(const items*it,uint16_t*xs,uint8_t*e){ const __m256i z=_mm256_setzero_si256(); __m256i x=_mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)xs));
  const seg*sg=&SEG[NSEG-1]; for(size_t n=it->n;n-->0;){ while(n<sg->start)sg--; if(it->kind[n]==4&&!sg->stab)continue; uint8_t pp[32]; _mm256_storeu_si256((__m256i*)pp,probs_avx2(it,n,sg)); for(int g=3;g>=0;g--){ __m256i p=_mm256_castsi128_si256(_mm_loadl_epi64((const __m128i*)(pp+8*g))); uint32_t w8=it->b[n]>>(8*g)&255; __m256i mb=bits32(w8),by,r;
    x=enc_core(x,_mm256_unpacklo_epi8(p,z),_mm256_unpacklo_epi8(mb,mb),&by,&r); __m128i b=_mm_packus_epi16(_mm256_castsi256_si128(by),_mm_setzero_si128()); uint32_t R=_mm_movemask_epi8(_mm_packs_epi16(_mm256_castsi256_si128(r),_mm_setzero_si128()))&255;
    _mm_storel_epi64((__m128i*)(e-8),_mm_shuffle_epi8(b,_mm_loadl_epi64((const __m128i*)CMPR[R]))); e-=_mm_popcnt_u32(R); } }
  _mm_storeu_si128((__m128i*)xs,_mm256_castsi256_si128(x)); return e; }
AVX static __attribute__((noinline)) size_t hist_items(const items*it,size_t n0,size_t step,uint32_t H[4][96],uint32_t*SH){ size_t got=0;
  // four copies so that equal neighbours do not wait for each other; an all-zero item is counted at once
  static __thread uint32_t C[4][4][128]; uint32_t zero[4]={0}; memset(C,0,sizeof C);
  for(size_t x=n0;x<it->n;x+=step){ got++; uint32_t w=it->b[x]; const uint8_t*p=it->p[x]; int k=it->kind[x]; __m256i v=LD(p); uint32_t inv=_mm256_movemask_epi8(v); if(k==4){ for(uint32_t m=~inv;m;m&=m-1){ int j=__builtin_ctz(m); SH[2*p[j]+(w>>j&1)]++; } continue; }
    if(!w&&_mm256_testz_si256(v,v)){ zero[k]+=32; continue; }
    uint8_t o[32]; _mm256_storeu_si256((__m256i*)o,_mm256_blendv_epi8(_mm256_sub_epi8(_mm256_add_epi8(v,v),bits32(w)),_mm256_set1_epi8(127),v)); uint32_t*c0=C[0][k],*c1=C[1][k],*c2=C[2][k],*c3=C[3][k];
    for(int j=0;j<32;j+=4){ c0[o[j]]++; c1[o[j+1]]++; c2[o[j+2]]++; c3[o[j+3]]++; } }
  for(int k=0;k<4;k++){ for(int i=0;i<96;i++) H[k][i]=C[0][k][i]+C[1][k][i]+C[2][k][i]+C[3][k][i]; H[k][0]+=zero[k]; }
  return got; }
uint32_t*zp_log=0; size_t zp_logn=0; // training: 4*96+26 counts a band-plane
double zp_acc[8]; // header, states, raw, lanes, estimated lanes, packets, embedded
static int any_word(const uint32_t*w,size_t n){ uint32_t o=0; for(size_t i=0;i<n;i++)o|=w[i]; return o!=0; }
static __attribute__((noinline)) int enc_flags(zp_band*b,int q,items*it,desc*d,double*est){ int fm=0;
      { static __thread uint8_t fl[65536*2]; uint32_t cnt[3][2]={{0}}; int newn=0; for(int a=0;a<b->n;a++){ fl[a]=0; if(b->act[a])continue; uint32_t w=0; for(int k=0;k<4;k++)w|=b->B[q][(size_t)k*b->n+a]; fl[a]=w!=0; newn+=fl[a]; int s=b->act[a-1]+b->act[a+1]+b->act[a-b->nu]+b->act[a+b->nu]; cnt[s==0?0:s<=2?1:2][fl[a]]++; }
        if(newn==b->n-b->nact) fm=2; else if(newn){ fm=1; for(int s=0;s<3;s++){ int n=cnt[s][0]+cnt[s][1]; int pp=n?(int)(256.0*(cnt[s][1])/(n)+.5):128; d->fp[s]=pp<1?1:pp>255?255:pp; }
          for(int s=0;s<3;s++) *est+=cnt[s][1]*-log2(d->fp[s]/256.)+cnt[s][0]*-log2(1-d->fp[s]/256.);
          for(int j0=0;j0<b->n;j0+=32){ if(!flag_vec(b,d->fp,j0,it->p[it->n]))continue; uint32_t w=0; for(int j=0;j<32&&j0+j<b->n;j++) if(it->p[it->n][j]&&fl[j0+j])w|=1u<<j; it->kind[it->n]=5; it->b[it->n++]=w; } }
        if(fm==2){ memset(b->act,1,b->n); b->nact=b->n; } else if(fm==1){ for(int a=0;a<b->n;a++) if(fl[a])b->act[a]=1; b->nact+=newn; } }
      return fm; }
size_t zp_enc_packet(zp_chunk*c,int r,int t,uint8_t*out,size_t cap){
  static __thread desc D[MAXDESC]; int nd=0,i0,i1; res_bands(c,r,&i0,&i1); clear_raw(c,0,c->nb); (void)cap;
  uint8_t*o=out+1; items*it=&IT; it->n=0; NSEG=0; double est=0; size_t rawcap=64; int anything=0;
  for(int cc=0;cc<c->comps;cc++)for(int i=i0;i<i1;i++){ int lo,hi; if(!planes_in(c,i,t,&lo,&hi))continue; zp_band*b=&c->b[cc][i]; if(!b->n)continue; if(t==c->F){ hi=b->top>lo?b->top:lo; *o++=hi-lo; }
    int lockrs=0;
    for(int q=hi-1;q>=lo;q--){
      size_t nw=(size_t)b->n*4; if(q>=b->top||!any_word(b->B[q],nw)){ *o++=0; continue; }
      anything=1; desc d={cc,i,q,0,0,{0}};
      // flags
      int fm=0; items_room(it,(size_t)b->n*8+b->n/32+16); size_t istart=it->n;
      if(b->nact<b->n) fm=enc_flags(b,q,it,&d,&est);
      int raw=b->eraw, sm=0,best=0; SEG[NSEG++]=(seg){istart,0,0};
      if(!raw){ rowctx rc; set_row(c,cc,i,q,&rc); rc.it=it; int trysign=!lockrs&&!b->esraw; if(trysign) sync_signs(b); size_t n0=it->n; if(zp_use_avx2)wave_enc_avx2(&rc,trysign); else wave_enc_c(&rc,trysign); b->Cq=q;
        uint32_t H[4][96],SH[26]; memset(H,0,sizeof H); memset(SH,0,sizeof SH); size_t cnt=it->n-n0,step=cnt/zp_sample; if(step<1||zp_log)step=1; step|=1; size_t got=0;
        got=hist_items(it,n0,step,H,SH);
        if(zp_log){ memcpy(zp_log+zp_logn*410,H,384*4); memcpy(zp_log+zp_logn*410+384,SH,26*4); zp_logn++; }
        double scale=got?(double)cnt/got:1; uint64_t tot=0,bc=~0ull; for(int x=0;x<384;x++)tot+=H[0][x];
        uint16_t h16[384]; uint32_t mx=0; for(int x=0;x<384;x++) if(H[0][x]>mx)mx=H[0][x]; int sh=0; while(mx>>sh>32000)sh++; for(int x=0;x<384;x++)h16[x]=(uint16_t)((H[0][x]+((1u<<sh)>>1))>>sh);
        for(int tt=0;tt<NT;tt++){ uint64_t s=0; if(zp_use_avx2) s=tcost384(LT[tt],h16); else for(int x=0;x<384;x++)s+=LT[tt][x]*h16[x]; if(s<bc){bc=s;best=tt;} }
        bc=tcost(LT[best],H[0],384);
        if((double)bc/64>=(1-zp_rawgain)*tot){ raw=1; it->n=n0; b->eraw=1; }
        else { est+=bc/64.0*scale; uint64_t st=0,sb=~0ull; for(int x=0;x<26;x++)st+=SH[x]; int sbest=0; if(trysign&&st){ for(int s=0;s<NS;s++){ uint64_t z=tcost(LS[s],SH,26); if(z<sb){sb=z;sbest=s;} } if((double)sb/64+96/scale<st*(1-zp_signgain)){ sm=sbest+1; est+=sb/64.0*scale; } else if(st*scale>8000) b->esraw=1;  } } }
      if(raw){ d.h0=1; d.h1=fm<<4; b->raw=1; lockrs=1; b->Gok=0; }
      else { d.h0=2+best; d.h1=sm|fm<<4; SEG[NSEG-1].tab=(const uint8_t*)TAB[best]; if(sm)SEG[NSEG-1].stab=STAB[sm-1]; else { lockrs=1; b->Gok=0; } }
      b->nz=1;
      rawcap+=nw*4; *o++=d.h0; *o++=d.h1; if(fm==1){ memcpy(o,d.fp,3); o+=3; } D[nd++]=d; } }
  if(!anything){ clear_raw(c,i0,i1); return 0; }
  uint8_t*rb=scratch(rawcap+it->n*32+4096); bwriter w={rb,0,0};
  for(int k=0;k<nd;k++){ desc*d=&D[k]; zp_band*b=&c->b[d->comp][d->band]; if(zp_use_avx2)pass2_hw_enc(b,d,&w); else pass2_c_enc(b,d,&w); }
  wflush(&w); size_t rawn=w.p-rb; int L=!it->n?0:est/8>zp_l64?64:est/8>zp_l32||it->n>zp_n32?32:est/8>zp_l8||it->n>zp_n16?16:8; out[0]=!L?0:L==8?1:L==16?2:L==32?3:4; size_t E=rawn<(size_t)L?rawn:L;
  size_t v=rawn; do{ *o++=(v&127)|(v>127?128:0); v>>=7; }while(v); memcpy(o,rb,rawn-E); o+=rawn-E;
  uint16_t x[64]; for(int j=0;j<64;j++)x[j]=256; for(size_t j=0;j<E;j++)x[j]=256+rb[rawn-E+j];
  uint8_t*end=rb+rawn+64+it->n*32+2048, *s= !L?end:zp_use_avx2? (L==64?enc_lanes64_avx2(it,x,end):L==16?enc_lanes16_avx2(it,x,end):L==32?enc_lanes32_avx2(it,x,end):enc_lanes8_avx2(it,x,end)) : enc_lanes_c(it,L,x,end);
  zp_acc[0]+=(o-out)-(double)(rawn-E); zp_acc[1]+=2*L; zp_acc[2]+=rawn; zp_acc[3]+=end-s; zp_acc[4]+=est/8; zp_acc[5]++; zp_acc[6]+=E; memcpy(o,x,2*L); o+=2*L; memcpy(o,s,end-s); o+=end-s; clear_raw(c,i0,i1); return o-out; }

void zp_store32_steps(const zp_chunk*c,int comp,int32_t*m,int stride,const int*stop){ for(int i=0;i<c->nb;i++){ int y,x; band_origin(c,i,&y,&x); const zp_band*b=&c->b[comp][i]; if(!b->n)continue; int r=band_res(c,i),t=stop[r],q0=t>c->F?31:zp_band_q(c,i,t);
  for(int yy=0;yy<b->h;yy++)for(int xx=0;xx<b->w;xx++){ int k=(yy&1)?((xx&1)?1:3):((xx&1)?2:0); size_t idx=(size_t)k*b->n+(size_t)(yy>>1)*b->nu+(xx>>6); int sh=(xx>>1)&31; uint32_t v=0; for(int q=b->top-1;q>=q0;q--) v=v*2+(b->B[q][idx]>>sh&1);
    int32_t o=v&&q0<31?(int32_t)((v<<q0)+(((uint64_t)(1u<<q0)*zp_rec)>>8)):0; if(q0==0)o=v; m[(size_t)(y+yy)*stride+x+xx]=(b->sgn[idx]>>sh&1)?-o:o; } } }
