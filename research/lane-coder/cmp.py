"""sizes and speeds next to OpenJPEG (size) and OpenJPH (size, speed), same run, interleaved, best of N"""
import sys, time, json, ctypes, numpy as np; sys.path.insert(0,'/work/lab/entropy')
import zpy, data, imagecodecs as ic
from ex import D_of
L=zpy.L; V=ctypes.c_void_p; I=ctypes.c_int
L.zc_new.restype=V; L.zc_free.argtypes=[V]; L.zc_encode.argtypes=[V,V,I,V,V]; L.zc_encode.restype=ctypes.c_size_t; L.zc_decode.argtypes=[V,V,V,I,I,V,I]
RMAX,FADD=4,0
DT={'uint8':1,'uint16':3,'int16':4}
def codec(c):
    h,w=c.shape[:2]; comps=3 if c.ndim==3 else 1; D=D_of((h,w)); R=max(1,min(D+1,RMAX,int(min(h,w)).bit_length()-5)); off=int(c.min()); span=max(int(c.max())-off,1); F=max(1,min(span.bit_length()+FADD,31))
    return L.zc_new(h,w,comps,D,R,F,off,span),R,F
def run(c,reps,speed=True):
    z,R,F=codec(c); out=np.empty(c.nbytes*3+100000,np.uint8); ln=np.zeros(R*(F+1),np.uint64); back=np.empty_like(c); te=td=he=hd=9e9; dt=DT[c.dtype.name]
    cc=(c.astype(np.int32)+32768).astype(np.uint16) if c.dtype==np.int16 else c
    j=len(ic.jpeg2k_encode((c.astype(np.int32)-int(c.min())).astype(np.uint16) if c.dtype==np.int16 else c,level=0,reversible=True,codecformat='j2k',mct=c.ndim==3))
    for k in range(reps):
        t=time.perf_counter(); n=L.zc_encode(z,c.ctypes.data,dt,out.ctypes.data,ln.ctypes.data); te=min(te,time.perf_counter()-t)
        if speed or k==0:
            t=time.perf_counter(); b=ic.htj2k_encode(cc,reversible=True,rgb=True if c.ndim==3 else None); he=min(he,time.perf_counter()-t)
        back[:]=0; t=time.perf_counter(); e=L.zc_decode(z,out.ctypes.data,ln.ctypes.data,0,0,back.ctypes.data,dt); td=min(td,time.perf_counter()-t)
        assert e==0 and (back==c).all(),e
        if speed:
            t=time.perf_counter(); ic.htj2k_decode(b); hd=min(hd,time.perf_counter()-t)
    L.zc_free(z); return n+4*int((ln>0).sum())+sum(1+(int(v)>127)+(int(v)>16383) for v in ln), j,len(b),te,td,he,hd
if __name__=='__main__':
    tab=np.load(sys.argv[1]); zpy.set_tables(tab['T'],tab['TS'][:15]); reps=int(sys.argv[2]); names=sys.argv[3].split(',') if len(sys.argv)>3 and sys.argv[3]!='all' else None; mc=int(sys.argv[4]) if len(sys.argv)>4 else 99
    for kv in sys.argv[5:]:
        k,v=kv.split('='); (ctypes.c_int if k in('zp_sample','zp_use_avx2') else ctypes.c_double).in_dll(L,k).value=type(zpy.rawgain.value)(v) if k not in('zp_sample','zp_use_avx2') else int(v)
    G=[]
    for n,pl in data.load():
        if names and n not in names or (not names and n.startswith('sk_')): continue
        ch=[c for p in pl for c in data.chunks(p) if min(c.shape[:2])>=8]
        if len(ch)>mc: ch=[ch[i*len(ch)//mc] for i in range(mc)]
        r=np.array([run(c,reps,reps>1) for c in ch]); s=r.sum(0); px=sum(c.shape[0]*c.shape[1] for c in ch); G.append((s[0]/s[1],s[0]/s[2],s[4]/s[6],s[3]/s[5]))
        print(f"{n:10s} bpp {s[0]*8/px:6.3f} /j2k {s[0]/s[1]:.4f} /ht {s[0]/s[2]:.4f} | dec {px/s[4]/1e6:6.1f} ht {px/s[6]/1e6:6.1f} x{s[6]/s[4]:.2f} | enc {px/s[3]/1e6:6.1f} ht {px/s[5]/1e6:6.1f} x{s[5]/s[3]:.2f}",flush=True)
    g=np.exp(np.log(np.array(G)).mean(0)); print('geomean /j2k %.4f max %.4f /ht %.4f  dec x%.2f enc x%.2f'%(g[0],max(x[0] for x in G),g[1],1/g[2],1/g[3]))
