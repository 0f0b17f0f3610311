// bench file: [int32 n chunks] each: int32 h,w,comps,D,R,F,span then comps planes of int32 mapped (colour transformed) pixels
#include "zp.h"
#include "zt.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static double now(){ struct timespec t; clock_gettime(CLOCK_MONOTONIC,&t); return t.tv_sec+1e-9*t.tv_nsec; }
int main(int argc,char**argv){
  FILE*f=fopen("/work/lab/entropy/tables.bin","rb"); int hd[2]; if(fread(hd,4,2,f)!=2)return 1; uint8_t*TT=malloc(hd[0]*192+hd[1]*16); if(!fread(TT,1,hd[0]*192+hd[1]*16,f))return 1; fclose(f); zp_set_tables(hd[0],TT,hd[1],TT+hd[0]*192);
  int reps=argc>2?atoi(argv[2]):5; if(argc>3)zp_rawgain=atof(argv[3]); if(argc>4)zp_use_avx2=atoi(argv[4]); extern double zp_l8,zp_signgain,zp_l64; if(argc>7)zp_l64=atof(argv[7]); if(argc>5)zp_l8=atof(argv[5]); if(argc>6)zp_signgain=atof(argv[6]);
  f=fopen(argv[1],"rb"); int n; if(!fread(&n,4,1,f))return 1; double te=0,td=0,tf=0,ti=0,tl=0,ts=0,trd=0,tre=0; size_t bytes=0,px=0,npk=0; int bad=0;
  for(int k=0;k<n;k++){ int H[7]; if(fread(H,4,7,f)!=7)return 1; int h=H[0],w=H[1],cs=H[2],D=H[3],R=H[4],F=H[5],s16=H[6]<=10485; size_t N=(size_t)h*w;
    int32_t*x=malloc(4*N*cs); if(fread(x,4,N*cs,f)!=N*cs)return 1; int16_t*x16=malloc(2*N*cs+64); for(size_t i=0;i<N*cs;i++)x16[i]=x[i];
    void*m=aligned_alloc(64,(4*N*cs+127)/64*64),*o=aligned_alloc(64,(4*N+127)/64*64),*buf=malloc(4*N*4+65536); zp_chunk*c=zp_new(h,w,D,R,F,cs),*d=zp_new(h,w,D,R,F,cs); uint8_t*out=malloc(N*cs*5+65536); size_t*len=malloc(8*R*(F+1));
    double be=1e9,bd=1e9,bf=1e9,bi=1e9,bl=1e9,bs=1e9,brd=1e9,bre=1e9;
    for(int rep=0;rep<(getenv("DEC")?1:reps);rep++){ double a=now();
      for(int i=0;i<cs;i++) if(s16) forward_16(x16+N*i,h,w,D,(int16_t*)m+N*i,buf); else forward_32(x+N*i,h,w,D,(int32_t*)m+N*i,buf);
      double b=now(); zp_reset(c); double b2=now(); for(int i=0;i<cs;i++) if(s16) zp_load16(c,i,(int16_t*)m+N*i,w); else zp_load32(c,i,(int32_t*)m+N*i,w);
      double e=now(); size_t off=0; for(int t=F;t>=0;t--)for(int r=R-1;r>=0;r--){ size_t z=zp_enc_packet(c,r,t,out+off,0); len[t*R+r]=z; off+=z; }
      double g=now(); if(b-a<bf)bf=b-a; if(b2-b<bre)bre=b2-b; if(e-b2<bl)bl=e-b2; if(g-e<be)be=g-e; if(rep==0)bytes+=off; }
    for(int i=0;i<R*(F+1);i++) npk+=len[i]>0;
    for(int rep=0;rep<reps;rep++){ double a=now(); zp_reset(d); double a2=now(); size_t off=0; for(int t=F;t>=0;t--)for(int r=R-1;r>=0;r--){ int er=zp_dec_packet(d,r,t,out+off,len[t*R+r]); if(er){bad=er;} off+=len[t*R+r]; }
      double b=now(); for(int i=0;i<cs;i++) if(s16) zp_store16(d,i,(int16_t*)m+N*i,w,0,0); else zp_store32(d,i,(int32_t*)m+N*i,w,0,0);
      double e=now(); for(int i=0;i<cs;i++){ if(s16){ inverse_16((int16_t*)m+N*i,w,h,w,D,0,o,buf); if(memcmp(o,x16+N*i,2*N))bad=99; } else { inverse_32((int32_t*)m+N*i,w,h,w,D,0,o,buf); if(memcmp(o,x+N*i,4*N))bad=99; } }
      double g=now(); if(a2-a<brd)brd=a2-a; if(b-a2<bd)bd=b-a2; if(e-b<bs)bs=e-b; if(g-e<bi)bi=g-e; }
    te+=be;td+=bd;tf+=bf;ti+=bi;tl+=bl;ts+=bs;trd+=brd;tre+=bre; px+=N; zp_free(c);zp_free(d); free(x);free(x16);free(m);free(o);free(buf);free(out);free(len); }
  double M=1e9/px; printf("%s px %zu bytes %zu npk %zu bad %d | enc: fwd %.2f reset %.2f load %.2f coder %.2f = %.1f Mpx/s | dec: reset %.2f coder %.2f store %.2f inv %.2f ns/px = %.1f Mpx/s\n",argv[1],px,bytes,npk,bad,tf*M,tre*M,tl*M,te*M,1e3/((tf+tre+tl+te)*M),trd*M,td*M,ts*M,ti*M,1e3/((trd+td+ts+ti)*M)); }
