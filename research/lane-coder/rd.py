import sys; sys.path.insert(0,'/work/lab/entropy')
from cmp import *
import imagecodecs as ic
L.zc_decode_steps.argtypes=[V,V,V,V,V]
rec=ctypes.c_int.in_dll(L,'zp_rec')
BPP=[.05,.1,.25,.5,1,2]
def psnr(a,b,lo,hi):
    d=np.clip((a.astype(float)-lo)/(hi-lo),0,1)*255-np.clip((b.astype(float)-lo)/(hi-lo),0,1)*255
    return 10*np.log10(255**2/max((d**2).mean(),1e-6))
def ours(c,recs):
    z,R,F=codec(c); out=np.empty(c.nbytes*3+100000,np.uint8); ln=np.zeros(R*(F+1),np.uint64); L.zc_encode(z,c.ctypes.data,DT[c.dtype.name],out.ctypes.data,ln.ctypes.data)
    off=int(c.min()); pts=[]; stop=np.full(R,F+1,np.int32); used=0; lo,hi=np.percentile(c,[.1,99.9]); hi=max(hi,lo+1); x=np.zeros(c.shape,np.int32)
    bud=[b*c.size/8 for b in BPP]; res=[]
    seq=[(t,r) for t in range(F,-1,-1) for r in range(R-1,-1,-1)]; cur=0; states=[]
    for t,r in seq:
        n=int(ln[t*R+r]); n+=4 if n else 0; cur+=n; stop[r]=t; states.append((cur,stop.copy()))
    for b in bud:
        ok=[s for s in states if s[0]<=b] or [(0,np.full(R,F+1,np.int32))]; nx=[s for s in states if s[0]>b]
        row=[]
        for rv in recs:
            rec.value=rv; p=[]
            for s in (ok[-1],nx[0] if nx else ok[-1]):
                assert L.zc_decode_steps(z,out.ctypes.data,ln.ctypes.data,s[1].ctypes.data,x.ctypes.data)==0
                p.append((s[0],psnr(np.clip(x+off,c.min(),c.max()),c,lo,hi)))
            row.append(p)
        res.append(row)
    L.zc_free(z); return res,lo,hi
def j2k(c,b,lo,hi):
    l,h=0.,120.
    best=None
    for k in range(11):
        m=(l+h)/2; e=ic.jpeg2k_encode(c,level=m,reversible=True,codecformat='j2k') if m>0 else None
        if len(e)<=b: best=e; l=m
        else: h=m
    if best is None: return None
    return psnr(ic.jpeg2k_decode(best),c,lo,hi),len(best)
import os,json
JC=json.load(open('jc.json')) if os.path.exists('jc.json') else {}
tab=np.load('tables2_62_15.npz'); zpy.set_tables(tab['T'],tab['TS'][:15])
ims={n:p for n,p in data.load()}
recs=[128,96]; acc={}
import cmp as _c, sys
if len(sys.argv)>3: _c.RMAX,_c.FADD=int(sys.argv[2]),int(sys.argv[3])
for n in sys.argv[1].split(','):
    c=next(data.chunks(ims[n][0])); 
    if c.dtype==np.int16: c=(c.astype(np.int32)-int(c.min())).astype(np.uint16)
    res,lo,hi=ours(c,recs); s=[]
    for b,row in zip(BPP,res):
        key=f'{n}_{b}'; j=JC.get(key) or j2k(c,b*c.size/8,lo,hi); JC[key]=j
        if j is None: s.append('-'); continue
        B=b*c.size/8; o=[]
        for k,p in enumerate(row):
            (b0,p0),(b1,p1)=p; f=(np.log(B)-np.log(max(b0,1)))/(np.log(b1)-np.log(max(b0,1))) if b1>b0 else 0; ip=p0+f*(p1-p0)
            o.append((p0-j[0],ip-j[0])); acc.setdefault((b,k),[]).append((p0-j[0],ip-j[0]))
        s.append(f"{b}: j2k {j[0]:.2f} cut {o[0][0]:+.2f} interp {o[0][1]:+.2f} ; r96 {o[1][0]:+.2f} {o[1][1]:+.2f}")
    print(n,' | '.join(s),flush=True)
for k,v in acc.items(): print(k,'mean cut %+.2f interp %+.2f  worst cut %+.2f'%(*np.mean(v,0),min(x[0] for x in v)))
json.dump(JC,open('jc.json','w'))
