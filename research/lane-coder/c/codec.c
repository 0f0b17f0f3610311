// whole chunk: pixels <-> packets. dtype: 1 uint8, 3 uint16, 4 int16. Mapping: offset only (divisor 1 here). Packet order t-major.
#include "zp.h"
#include "zt.h"
#include <stdlib.h>
typedef struct { zp_chunk*c; int h,w,comps,D,R,F,s16; int32_t off; int span; void*m,*buf,*x; } zc;
#define AVF __attribute__((target("avx2"),optimize("O3")))
zc*zc_new(int h,int w,int comps,int D,int R,int F,int32_t off,int span){ zc*z=calloc(1,sizeof*z); z->h=h;z->w=w;z->comps=comps;z->D=D;z->R=R;z->F=F;z->off=off;z->span=span; z->s16=span*(comps>1?2:1)<=10485; z->c=zp_new(h,w,D,R,F,comps); size_t N=(size_t)h*w; z->m=aligned_alloc(64,(4*N*comps+191)/64*64); z->x=aligned_alloc(64,(4*N*comps+191)/64*64); z->buf=aligned_alloc(64,(16*N+262144)/64*64); return z; }
void zc_free(zc*z){ zp_free(z->c); free(z->m);free(z->x);free(z->buf);free(z); }
#define IN(SRC,T,NM) AVF static void in_##NM(const SRC*p,T*o,size_t N,int comps,int32_t off){ if(comps==1) for(size_t i=0;i<N;i++)o[i]=(T)(p[i]-off); \
  else { T*y=o,*u=o+N,*v=o+2*N; for(size_t i=0;i<N;i++){ int r=p[3*i]-off,g=p[3*i+1]-off,b=p[3*i+2]-off; y[i]=(T)((r+2*g+b)>>2); u[i]=(T)(b-g); v[i]=(T)(r-g); } } } \
 AVF static void out_##NM(const T*o,SRC*p,size_t N,int comps,int32_t off,int span){ if(comps==1) for(size_t i=0;i<N;i++){ int v=o[i]; v=v<0?0:v>span?span:v; p[i]=(SRC)(v+off);} \
  else { const T*y=o,*u=o+N,*v=o+2*N; for(size_t i=0;i<N;i++){ int g=y[i]-((u[i]+v[i])>>2),r=v[i]+g,b=u[i]+g; r=r<0?0:r>span?span:r; g=g<0?0:g>span?span:g; b=b<0?0:b>span?span:b; p[3*i]=(SRC)(r+off);p[3*i+1]=(SRC)(g+off);p[3*i+2]=(SRC)(b+off); } } }
IN(uint8_t,int16_t,8_16) IN(uint16_t,int16_t,u16_16) IN(int16_t,int16_t,i16_16) IN(uint16_t,int32_t,u16_32) IN(int16_t,int32_t,i16_32)
size_t zc_encode(zc*z,const void*pix,int dt,uint8_t*out,size_t*len){ size_t N=(size_t)z->h*z->w,o=0; zp_reset(z->c);
  if(z->s16){ int16_t*x=z->x,*m=z->m; if(dt==1)in_8_16(pix,x,N,z->comps,z->off); else if(dt==3)in_u16_16(pix,x,N,z->comps,z->off); else in_i16_16(pix,x,N,z->comps,z->off); for(int i=0;i<z->comps;i++){ forward_16(x+N*i,z->h,z->w,z->D,m+N*i,z->buf); zp_load16(z->c,i,m+N*i,z->w);} }
  else { int32_t*x=z->x,*m=z->m; if(dt==3)in_u16_32(pix,x,N,z->comps,z->off); else in_i16_32(pix,x,N,z->comps,z->off); for(int i=0;i<z->comps;i++){ forward_32(x+N*i,z->h,z->w,z->D,m+N*i,z->buf); zp_load32(z->c,i,m+N*i,z->w);} }
  for(int t=z->F;t>=0;t--)for(int r=z->R-1;r>=0;r--){ size_t n=zp_enc_packet(z->c,r,t,out+o,0); len[t*z->R+r]=n; o+=n; } return o; }
// decode packets with nt(r) given by len (0 = nothing); stop[r] = lowest step to use per resolution
int zc_decode(zc*z,const uint8_t*in,const size_t*len,int tmin,int rmin,void*pix,int dt){ size_t N=(size_t)z->h*z->w; zp_reset(z->c); size_t o=0;
  for(int t=z->F;t>=0;t--)for(int r=z->R-1;r>=0;r--){ size_t n=len[t*z->R+r]; if(t>=tmin&&r>=rmin){ int e=zp_dec_packet(z->c,r,t,in+o,n); if(e)return e; } o+=n; }
  int hh=z->h,ww=z->w; for(int i=0;i<rmin;i++){hh=(hh+1)/2;ww=(ww+1)/2;} size_t M=(size_t)hh*ww;
  if(z->s16){ int16_t*x=z->x,*m=z->m; for(int i=0;i<z->comps;i++){ zp_store16(z->c,i,m+N*i,z->w,rmin,tmin); inverse_16(m+N*i,z->w,z->h,z->w,z->D,rmin,x+M*i,z->buf);} if(dt==1)out_8_16(x,pix,M,z->comps,z->off,z->span); else if(dt==3)out_u16_16(x,pix,M,z->comps,z->off,z->span); else out_i16_16(x,pix,M,z->comps,z->off,z->span); }
  else { int32_t*x=z->x,*m=z->m; for(int i=0;i<z->comps;i++){ zp_store32(z->c,i,m+N*i,z->w,rmin,tmin); inverse_32(m+N*i,z->w,z->h,z->w,z->D,rmin,x+M*i,z->buf);} if(dt==3)out_u16_32(x,pix,M,z->comps,z->off,z->span); else out_i16_32(x,pix,M,z->comps,z->off,z->span); }
  return 0; }

void zp_store32_steps(const zp_chunk*c,int comp,int32_t*m,int stride,const int*stop);
int zc_decode_steps(zc*z,const uint8_t*in,const size_t*len,const int*stop,int32_t*pix){ size_t N=(size_t)z->h*z->w,o=0; zp_reset(z->c);
  for(int t=z->F;t>=0;t--)for(int r=z->R-1;r>=0;r--){ size_t n=len[t*z->R+r]; if(t>=stop[r]){ int e=zp_dec_packet(z->c,r,t,in+o,n); if(e)return e; } o+=n; }
  int32_t*m=malloc(4*N); for(int i=0;i<z->comps;i++){ zp_store32_steps(z->c,i,m,z->w,stop); inverse_32(m,z->w,z->h,z->w,z->D,0,pix+N*i,z->buf);} free(m); return 0; }
