import numpy as np, sys, json, time
import data, extra
from ex import *
from ex1 import nb,H,CAP
import imagecodecs as ic
R3=[(y,x) for y in (-2,2) for x in (-1,1)]+[(y,x) for y in (-1,1) for x in (-2,2)]
ph=[(0,0),(1,1),(0,1),(1,0)]
def near(P,h,w,py,px):
    yy=np.minimum(np.arange(py,h,2),P.shape[0]-1); xx=np.minimum(np.arange(px,w,2),P.shape[1]-1); return P[yy][:,xx]
def run(band, typ, par, sibs, cfg, emit, semit):
    mag=np.abs(band); sg=np.sign(band); top=int(mag.max()).bit_length(); h,w=band.shape
    wv,wh,wd,w2v,w2h=cfg['w'][typ]
    SG=np.zeros((h+4,w+4),np.int32)
    for q in range(top-1,-1,-1):
        M=mag>>(q+1); c=mag>>q; bit=c&1
        A=np.zeros((h+4,w+4),np.int32); A[2:2+h,2:2+w]=np.minimum(2*M+(M>0),CAP)
        SG[2:2+h,2:2+w]=np.where(M>0,sg,0)
        for k,(py,px) in enumerate(ph):
            if h<=py or w<=px: continue
            g=lambda P,n: sum(nb(P,dy,dx,h,w)[py::2,px::2] for dy,dx in n)
            S=wv*g(A,[(1,0),(-1,0)])+wh*g(A,[(0,1),(0,-1)])+wd*g(A,[(1,1),(1,-1),(-1,1),(-1,-1)])
            if w2v: S=S+w2v*g(A,[(2,0),(-2,0)])
            if w2h: S=S+w2h*g(A,[(0,2),(0,-2)])
            tw=2*wv+2*wh+4*wd+2*w2v+2*w2h
            if par is not None and cfg['wp']:
                pv=np.minimum(np.abs(par)>>q,CAP)
                yy=np.minimum(np.arange(py,h,2)//2,par.shape[0]-1); xx=np.minimum(np.arange(px,w,2)//2,par.shape[1]-1)
                S=S+cfg['wp']*pv[yy][:,xx]; tw+=cfg['wp']
            for s in sibs:
                if cfg['ws']: S=S+cfg['ws']*near(np.minimum(np.abs(s)>>q,CAP),h,w,py,px); tw+=cfg['ws']
            m=np.minimum(M[py::2,px::2],7)
            mc=np.array([0,1,2,2,3,3,3,3])[m]
            sq=np.where(S==0,0,np.minimum(1+np.round(3*np.log2(np.maximum(S/tw*2,.05))+10),31)).astype(int)
            sq=np.maximum(sq,(S>0))
            emit(q,top,k,mc*32+sq,bit[py::2,px::2])
            A[2+py:2+h:2,2+px:2+w:2]=np.minimum(c[py::2,px::2],CAP)
            if semit:
                vs=np.clip(g(SG,[(1,0),(-1,0)]),-1,1); hs=np.clip(g(SG,[(0,1),(0,-1)]),-1,1)
                new=(c[py::2,px::2]==1)&(M[py::2,px::2]==0)
                sctx=(vs+1)*3+hs+1
                flip=(sctx<4); sctx=np.where(flip,8-sctx,sctx)
                sb=((sg[py::2,px::2]<0)^flip).astype(int)
                semit(k,sctx[new],sb[new])
                SG[2+py:2+h:2,2+px:2+w:2]=np.where(c[py::2,px::2]>0,sg[py::2,px::2],0)
def W(v,h,d,v2=0,h2=0): return {0:((v+h)/2,(v+h)/2,d,(v2+h2)/2,(v2+h2)/2),1:(v,h,d,v2,h2),2:(h,v,d,h2,v2),3:((v+h)/2,(v+h)/2,d,(v2+h2)/2,(v2+h2)/2)}
if __name__=='__main__':
    cfgs={'p12p':dict(w=W(4,4,2,1,1),wp=4,ws=0),'hv':dict(w=W(5,3,2,2,0),wp=4,ws=0),'hv4':dict(w=W(6,2,2,2,0),wp=4,ws=0),'s2':dict(w=W(4,4,2,1,1),wp=4,ws=2),'s4':dict(w=W(4,4,2,1,1),wp=4,ws=4),'hvs4':dict(w=W(5,3,2,2,0),wp=4,ws=4),'s4no2':dict(w=W(4,4,2,0,0),wp=4,ws=4),'s8p8':dict(w=W(4,4,2,1,1),wp=8,ws=8)}
    names=sys.argv[1].split(',')
    ims=[(n,p) for n,p in data.load() if n in names]
    for n,pl in ims:
        ch=[c for p in pl for c in data.chunks(p)][:2]
        j=0
        for c in ch:
            if c.dtype==np.int16: c=(c.astype(np.int32)-int(c.min())).astype(np.uint16)
            j+=len(ic.jpeg2k_encode(c,level=0,reversible=True,codecformat='j2k',mct=(c.ndim==3)))
        bands=[]; sig=0
        for c in ch:
            pb=None
            for m in comps(c):
                LL,bs=decompose(m,D_of(m.shape))
                sig+=sum((b!=0).sum() for t in bs for b in t)+(LL!=0).sum()*0
                bands.append((LL,bs,pb)); pb=bs
        out=[]
        for cn,cfg in cfgs.items():
            tot=0; sc={}
            for LL,bs,pb in bands:
                cnt={}
                def emit(q,top,k,ctx,b):
                    key=(cur,q,k); cnt[key]=cnt.get(key,0)+np.bincount((ctx*2+b).ravel(),minlength=256)
                def semit(k,ctx,b):
                    key=(cur[1:],min(cur[0] if cur[0]!='LL' else 9,9),k); sc[key]=sc.get(key,0)+np.bincount((ctx*2+b).ravel(),minlength=18)
                cur=('LL',); run(LL,0,None,[],cfg,emit,None)
                for l,t in enumerate(bs):
                    for o,b in enumerate(t):
                        cur=(l,o); par=bs[l+1][o] if l+1<len(bs) else None
                        sibs=list(t[:o])
                        if pb is not None: sibs+=[pb[l][o]]
                        run(b,o+1,par,sibs,cfg,emit,semit if cn=='p12p' else None)
                for v in cnt.values():
                    v=v.reshape(-1,2); tot+=min(H(v), v.sum())
            if sc: out.append(f"signgain {(sum(v.sum()-H(v.reshape(-1,2)) for v in sc.values()))/8/j:.4f}")
            out.append(f"{cn} {(tot+sig)/8/j:.4f}")
        print(f"{n:8s}", '  '.join(out),flush=True)
