import numpy as np
def fwd_line(x, up):  # along last axis
    N=x.shape[-1]; h=N//2
    a=x[...,0:2*h:2]; b=x[...,1:2*h:2]
    s=(a+b+up)>>1; d=a-b
    low=s if N%2==0 else np.concatenate([s,x[...,N-1:]],-1)
    sm=np.concatenate([low[...,:1],low[...,:-1]],-1)[...,:h]; sp=np.concatenate([low[...,1:],low[...,-1:]],-1)[...,:h]
    return low, d-((sm-sp+2)>>2)
def decompose(x,D):
    """-> (LL, [ (HL,LH,HH) for l=1..D ])"""
    x=x.astype(np.int32); out=[]
    for l in range(D):
        if min(x.shape)<2: break
        L,H=fwd_line(x,0)
        LL,LH=[t.T for t in fwd_line(L.T,1)]
        HL,HH=[t.T for t in fwd_line(H.T,1)]
        out.append((HL,LH,HH)); x=LL
    return x,out
def remap(c):
    c=c.astype(np.int64); o=c.min(); m=c-o
    g=np.gcd.reduce(m.ravel()) or 1
    return (m//g).astype(np.int32)
def comps(c):
    if c.ndim==2: return [remap(c)]
    c=c.astype(np.int32); r,g,b=c[...,0],c[...,1],c[...,2]
    return [(r+2*g+b)>>2,b-g,r-g]
def D_of(shape): 
    D=0
    while D<5 and min(shape)>>(D+1)>=8: D+=1
    return D
