import numpy as np, ctypes, sys, pickle, json
import data, extra
from ex import *
import imagecodecs as ic
L=ctypes.CDLL('./libmodel2.so')
P=lambda a: a.ctypes.data_as(ctypes.c_void_p)
def stats(mag,sg,par,sibs,wt):
    h,w=mag.shape; NB=max(int(mag.max()).bit_length(),1)
    cnt=np.zeros((NB,4,4,256,2),np.uint32); sc=np.zeros((NB,4,13,2),np.uint32)
    sb=(ctypes.c_void_p*max(len(sibs),1))(*[s.ctypes.data for s in sibs]) if sibs else None
    t=L.stats(P(mag),P(sg),h,w,P(par) if par is not None else None,*(par.shape if par is not None else (0,0)),len(sibs),sb,P(np.array(wt,np.int32)),P(cnt),P(sc))
    return t,cnt[:t],sc[:t]
def fit(a,sh):
    if a.shape==sh: return a
    r=np.zeros(sh,a.dtype); h=min(sh[0],a.shape[0]); w=min(sh[1],a.shape[1]); r[:h,:w]=a[:h,:w]; return r
def collect(ims,maxch,wts):
    """list of dict(name,comp,l,o,q,cnt,sc)"""
    rec=[]
    for n,pl in ims:
        ch=[c for p in pl for c in data.chunks(p)]
        ch=[c for c in ch if min(c.shape[:2])>=16 and c.max()>c.min()]
        if len(ch)>maxch: ch=[ch[i*len(ch)//maxch] for i in range(maxch)]
        for c in ch:
            pb=[]
            for ci,m in enumerate(comps(c)):
                LL,bs=decompose(m,D_of(m.shape))
                mags=[[np.ascontiguousarray(np.abs(b)) for b in t] for t in bs]; sgs=[[np.ascontiguousarray(np.sign(b).astype(np.int8)) for b in t] for t in bs]
                t,cn,s=stats(np.ascontiguousarray(np.abs(LL)),np.ascontiguousarray(np.sign(LL).astype(np.int8)),None,[],wts)
                for q in range(t): rec.append((n,ci,len(bs),0,q,t,cn[q],s[q]))
                for l in range(len(bs)-1,-1,-1):
                    for o in range(3):
                        sib=[fit(z,mags[l][o].shape) for z in list(mags[l][:o])+[x[l][o] for x in pb[-1:]]]
                        t,cn,s=stats(mags[l][o],sgs[l][o],mags[l+1][o] if l+1<len(bs) else None,sib,wts)
                        for q in range(t): rec.append((n,ci,l,o+1,q,t,cn[q],s[q]))
                pb.append(mags)
    return rec
def j2k(ims,maxch):
    r={}
    for n,pl in ims:
        ch=[c for p in pl for c in data.chunks(p)]
        ch=[c for c in ch if min(c.shape[:2])>=16 and c.max()>c.min()]
        if len(ch)>maxch: ch=[ch[i*len(ch)//maxch] for i in range(maxch)]
        for c in ch:
            if c.dtype==np.int16: c=(c.astype(np.int32)-int(c.min())).astype(np.uint16)
            r[n]=r.get(n,0)+len(ic.jpeg2k_encode(c,level=0,reversible=True,codecformat='j2k',mct=(c.ndim==3)))
    return r
def H(n):
    n=n.astype(float); t=n.sum(-1,keepdims=True)
    return -(n*np.log2(np.maximum(n,1e-9)/np.maximum(t,1e-9))).sum()
