import numpy as np, sys, json, time
import data, extra
from ex import *
def nb(P,dy,dx,h,w): return P[2+dy:2+dy+h,2+dx:2+dx+w]
DIR=[(0,1),(0,-1),(1,0),(-1,0)]; DIA=[(1,1),(1,-1),(-1,1),(-1,-1)]
R2=[(0,2),(0,-2),(2,0),(-2,0)]; R3=[(y,x) for y in (-2,2) for x in (-1,1)]+[(y,x) for y in (-1,1) for x in (-2,2)]
CAP=31
def run(band, par, cfg, emit):
    mag=np.abs(band); top=int(mag.max()).bit_length(); h,w=band.shape
    ph=[(0,0),(1,1),(0,1),(1,0)]
    for q in range(top-1,-1,-1):
        M=mag>>(q+1); c=mag>>q; bit=c&1
        A=np.zeros((h+4,w+4),np.int32); A[2:2+h,2:2+w]=np.minimum(2*M+(M>0),CAP)
        if par is not None:
            pv=np.minimum((np.abs(par)>>q),CAP)
        for k,(py,px) in enumerate(ph):
            if h<=py or w<=px: continue
            S=0
            for n,wt in zip((DIR,DIA,R2,R3),cfg['w']):
                if wt: S=S+wt*sum(nb(A,dy,dx,h,w)[py::2,px::2] for dy,dx in n)
            if par is not None and cfg.get('wp'):
                yy=np.minimum(np.arange(py,h,2)//2,par.shape[0]-1); xx=np.minimum(np.arange(px,w,2)//2,par.shape[1]-1)
                S=S+cfg['wp']*pv[yy][:,xx]
            m=np.minimum(M[py::2,px::2],7)
            mc=np.array([0,1,2,2,3,3,3,3])[m]
            sq=np.where(S==0,0,np.minimum(1+np.round(3*np.log2(np.maximum(S/cfg['unit'],.25))+6),31)).astype(int)
            sq=np.maximum(sq,(S>0))
            emit(q,top,k,mc*32+sq,bit[py::2,px::2])
            if cfg['phases']:
                A[2+py:2+h:2,2+px:2+w:2]=np.minimum(c[py::2,px::2],CAP)
def H(n):
    n=n.astype(float); t=n.sum(-1,keepdims=True)
    return -(n*np.log2(np.maximum(n,1e-9)/np.maximum(t,1e-9))).sum()
if __name__=='__main__':
    base=json.load(open('base.json'))
    cfgs={'none8':dict(w=(2,1,0,0),unit=6,phases=0),'ph8':dict(w=(2,1,0,0),unit=6,phases=1),'ph12':dict(w=(4,2,1,0),unit=14,phases=1),
      'ph24':dict(w=(6,4,1,1),unit=26,phases=1),'ph24p':dict(w=(6,4,1,1),unit=28,wp=8,phases=1)}
    names=sys.argv[1].split(',')
    ims=[(n,p) for n,p in data.load() if n in names]
    for n,pl in ims:
        ch=[c for p in pl for c in data.chunks(p)][:2]
        import imagecodecs as ic
        j=0
        for c in ch:
            if c.dtype==np.int16: c=(c.astype(np.int32)-int(c.min())).astype(np.uint16)
            j+=len(ic.jpeg2k_encode(c,level=0,reversible=True,codecformat='j2k',mct=(c.ndim==3)))
        bands=[]
        sig=0
        for c in ch:
            for m in comps(c):
                LL,bs=decompose(m,D_of(m.shape))
                sig+=sum((b!=0).sum() for t in bs for b in t)+(LL!=0).sum()*0
                bands.append((LL,bs))
        out=[]
        for cn,cfg in cfgs.items():
            tot=0; t0=time.time()
            for LL,bs in bands:
                cnt={}
                def emit(q,top,k,ctx,b):
                    key=(cur,q,k); cnt[key]=cnt.get(key,0)+np.bincount((ctx*2+b).ravel(),minlength=256)
                cur=('LL',); run(LL,None,cfg,emit)
                for l,t in enumerate(bs):
                    for o,b in enumerate(t):
                        cur=(l,o); par=bs[l+1][o] if l+1<len(bs) else None
                        run(b,par,cfg,emit)
                # merge stats: own static per (level<=.., plane)
                for v in cnt.values():
                    v=v.reshape(-1,2); e=H(v); tot+=min(e+2*(v.sum(1)>0).sum()*0, v.sum())
            out.append(f"{cn} {(tot+sig)/8/j:.4f}")
        print(f"{n:12s} sign {sig/8/j:.3f}", '  '.join(out),flush=True)
