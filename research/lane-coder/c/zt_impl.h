// one decomposition level each way, T = int16_t or int32_t. Mallat array m (stride ms); LL kept in a separate tight buffer.
#define AV __attribute__((target("avx2"),optimize("O3")))
AV static void FN(inv_v)(const T*restrict s0,const T*restrict s,const T*restrict s1,const T*restrict hi,T*restrict a,T*restrict b,int n){
  for(int j=0;j<n;j++){ T d=(T)(hi[j]+((T)(s0[j]-s1[j]+2)>>2)); T x=(T)(s[j]+(d>>1)); a[j]=x; b[j]=(T)(x-d); } }
AV static void FN(inv_h)(const T*restrict s,const T*restrict hi,T*restrict o,int n){ // n = width; s has one sample of padding either side (s[-1], s[nl])
  int nh=n/2; for(int j=0;j<nh;j++){ T d=(T)(hi[j]+((T)(s[j-1]-s[j+1]+2)>>2)); T x=(T)(s[j]+((T)(d+1)>>1)); o[2*j]=x; o[2*j+1]=(T)(x-d);} if(n&1)o[n-1]=s[nh]; }
AV static void FN(fwd_h)(const T*restrict x,T*restrict s,T*restrict hi,int n){ // s has padding
  int nh=n/2; for(int j=0;j<nh;j++){ T a=x[2*j],b=x[2*j+1]; s[j]=(T)((T)(a+b)>>1); hi[j]=(T)(a-b);} int nl=(n+1)/2; if(n&1)s[nl-1]=x[n-1]; s[-1]=s[0]; s[nl]=s[nl-1];
  for(int j=0;j<nh;j++) hi[j]=(T)(hi[j]-((T)(s[j-1]-s[j+1]+2)>>2)); }
AV static void FN(fwd_v1)(const T*restrict a,const T*restrict b,T*restrict s,T*restrict d,int n){ for(int j=0;j<n;j++){ T x=a[j],y=b[j]; s[j]=(T)((T)(x+y+1)>>1); d[j]=(T)(x-y);} }
AV static void FN(fwd_v2)(const T*restrict s0,const T*restrict s1,T*restrict d,int n){ for(int j=0;j<n;j++) d[j]=(T)(d[j]-((T)(s0[j]-s1[j]+2)>>2)); }
#define PADW 64
// ll: [hl][wl] stride wl ; m: Mallat array of the whole chunk ; out [h][w] stride os
AV static void FN(inv_level)(const T*ll,int lls,const T*m,int ms,int h,int w,T*out,int os,T*tmp){
  int hl=(h+1)/2,wl=(w+1)/2,hh=h/2,wh=w/2; T*La=tmp+PADW,*Lb=La+wl+2*PADW,*Ha=Lb+wl+2*PADW,*Hb=Ha+wh+2*PADW;
  for(int i=0;i<hl;i++){ int im=i?i-1:0,ip=i+1<hl?i+1:i; const T*HL=m+wl;
    if(i<hh){ FN(inv_v)(ll+(size_t)im*lls,ll+(size_t)i*lls,ll+(size_t)ip*lls,m+(size_t)(hl+i)*ms,La,Lb,wl);
      FN(inv_v)(HL+(size_t)im*ms,HL+(size_t)i*ms,HL+(size_t)ip*ms,m+(size_t)(hl+i)*ms+wl,Ha,Hb,wh); La[-1]=La[0];La[wl]=La[wl-1];Lb[-1]=Lb[0];Lb[wl]=Lb[wl-1];
      FN(inv_h)(La,Ha,out+(size_t)(2*i)*os,w); FN(inv_h)(Lb,Hb,out+(size_t)(2*i+1)*os,w);
    } else { memcpy(La,ll+(size_t)i*lls,wl*sizeof(T)); La[-1]=La[0];La[wl]=La[wl-1]; FN(inv_h)(La,HL+(size_t)i*ms,out+(size_t)(2*i)*os,w); } } }
// x [h][w] stride xs -> ll tight + bands into m
AV static void FN(fwd_level)(const T*x,int xs,T*ll,int lls,T*m,int ms,int h,int w,T*tmp){
  int hl=(h+1)/2,wl=(w+1)/2,hh=h/2,wh=w/2; T*La=tmp+PADW,*Lb=La+wl+2*PADW,*Ha=Lb+wl+2*PADW,*Hb=Ha+wh+2*PADW; T*HL=m+wl;
  for(int i=0;i<hl;i++){
    if(i<hh){ FN(fwd_h)(x+(size_t)(2*i)*xs,La,Ha,w); FN(fwd_h)(x+(size_t)(2*i+1)*xs,Lb,Hb,w);
      FN(fwd_v1)(La,Lb,ll+(size_t)i*lls,m+(size_t)(hl+i)*ms,wl); FN(fwd_v1)(Ha,Hb,HL+(size_t)i*ms,m+(size_t)(hl+i)*ms+wl,wh);
    } else { FN(fwd_h)(x+(size_t)(2*i)*xs,La,Ha,w); memcpy(ll+(size_t)i*lls,La,wl*sizeof(T)); memcpy(HL+(size_t)i*ms,Ha,wh*sizeof(T)); }
    int k=i-1; if(k>=0&&k<hh){ int km=k?k-1:0; FN(fwd_v2)(ll+(size_t)km*lls,ll+(size_t)i*lls,m+(size_t)(hl+k)*ms,wl); FN(fwd_v2)(HL+(size_t)km*ms,HL+(size_t)i*ms,m+(size_t)(hl+k)*ms+wl,wh); } }
  if(hh==hl){ int k=hh-1,km=k?k-1:0; FN(fwd_v2)(ll+(size_t)km*lls,ll+(size_t)k*lls,m+(size_t)(hl+k)*ms,wl); FN(fwd_v2)(HL+(size_t)km*ms,HL+(size_t)k*ms,m+(size_t)(hl+k)*ms+wl,wh); } }
// whole transform; m Mallat [h][w] stride w; buf: 2*h*w/ something scratch
static void FN(forward)(const T*x,int h,int w,int D,T*m,T*buf){
  if(!D){ memcpy(m,x,sizeof(T)*h*w); return; }
  int hl=(h+1)/2,wl=(w+1)/2; T*A=buf,*B=A+(size_t)hl*wl+64,*tmp=B+(size_t)hl*wl+64; const T*src=x; int ss=w; int ch=h,cw=w;
  for(int l=0;l<D;l++){ int nh=(ch+1)/2,nw=(cw+1)/2; T*dst=l==D-1?m:(l&1)?B:A; int ds=l==D-1?w:nw; FN(fwd_level)(src,ss,dst,ds,m,w,ch,cw,tmp); src=dst;ss=ds;ch=nh;cw=nw; } }
static void FN(inverse)(const T*m,int ms,int h,int w,int D,int level,T*out,T*buf){
  int hh[16],ww[16]; hh[0]=h;ww[0]=w; for(int l=1;l<=D;l++){hh[l]=(hh[l-1]+1)/2;ww[l]=(ww[l-1]+1)/2;}
  T*A=buf,*B=A+(size_t)hh[1>D?0:1]*ww[1>D?0:1]+64,*tmp=B+(size_t)hh[1>D?0:1]*ww[1>D?0:1]+64;
  const T*src=m; int ss=ms;
  for(int l=D-1;l>=level;l--){ T*dst=l==level?out:(l&1)?B:A; FN(inv_level)(src,ss,m,ms,hh[l],ww[l],dst,ww[l],tmp); src=dst;ss=ww[l]; }
  if(level==D) for(int y=0;y<hh[D];y++) memcpy(out+(size_t)y*ww[D],m+(size_t)y*ms,ww[D]*sizeof(T)); }
#undef PADW
#undef AV
