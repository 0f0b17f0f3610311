"""baseline sizes and speeds, per image, 512 chunks"""
import data, json, time, numpy as np, imagecodecs as ic, sys
res={}
for n,pl in data.load():
    j=h=px=0; te=td=0
    for p in pl:
        for c in data.chunks(p):
            if c.dtype==np.int16: c=(c.astype(np.int32)-int(c.min())).astype(np.uint16)
            a=ic.jpeg2k_encode(c,level=0,reversible=True,codecformat='j2k',mct=(c.ndim==3),numthreads=1)
            assert (ic.jpeg2k_decode(a)==c).all()
            t=time.perf_counter(); b=ic.htj2k_encode(c,reversible=True,rgb=True if c.ndim==3 else None) ; te+=time.perf_counter()-t
            t=time.perf_counter(); d=ic.htj2k_decode(b); td+=time.perf_counter()-t
            assert (d==c).all()
            j+=len(a); h+=len(b); px+=c.shape[0]*c.shape[1]
    res[n]=dict(j2k=j,ht=h,px=px)
    print(f"{n:22s} px {px:8d} j2k bpp {j*8/px:6.3f} ht/j2k {h/j:.3f}  ht enc {px/te/1e6:6.1f} dec {px/td/1e6:6.1f} Mpx/s",flush=True)
json.dump(res,open('base.json','w'))
