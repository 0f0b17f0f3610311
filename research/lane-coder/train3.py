"""tables from the coder's own statistics. usage: train3.py OUT K KS [withtest]"""
import sys; sys.path.insert(0,'/work/lab/entropy')
from cmp import *; import data, extra
import cmp as _c; _c.RMAX,_c.FADD=4,0
from train import kmeans, cost
def gather(ims,mc):
    R=[];S=[];W=[];nm=[]
    log=np.zeros((6000,410),np.uint32); ptr=ctypes.c_void_p.in_dll(L,'zp_log'); cnt=ctypes.c_size_t.in_dll(L,'zp_logn')
    for n,pl in ims:
        ch=[c for p in pl for c in data.chunks(p) if min(c.shape[:2])>=16 and c.max()>c.min()]
        if len(ch)>mc: ch=[ch[i*len(ch)//mc] for i in range(mc)]
        tot=0; i0=len(R)
        for c in ch:
            if c.dtype.name not in DT: c=c.astype(np.uint16)
            z,Rr,F=codec(c); out=np.empty(c.nbytes*4+100000,np.uint8); ln=np.zeros(Rr*(F+1),np.uint64); cnt.value=0; ptr.value=log.ctypes.data
            tot+=L.zc_encode(z,c.ctypes.data,DT[c.dtype.name],out.ctypes.data,ln.ctypes.data); ptr.value=None; k=cnt.value; L.zc_free(z)
            R+=list(log[:k,:384].astype(np.float64).reshape(k,192,2)); S+=list(log[:k,384:].astype(np.float64).reshape(k,13,2))
        W+=[1/tot]*(len(R)-i0); nm+=[n]*(len(R)-i0)
    W=np.array(W); return np.array(R),np.array(S),W/W.mean(),nm
if __name__=='__main__':
    z=np.load('tables2_62_15.npz'); zpy.set_tables(z['T'],z['TS'][:15])
    d=data.load(); held='withtest' not in sys.argv
    ims=[x for x in d if x[0].startswith('sk_') or not held]+extra.load()
    R,S,W,nm=gather(ims,4); print(len(R),'band-planes')
    K,KS=int(sys.argv[2]),int(sys.argv[3]); T=kmeans(R,W,K,it=30); k=S.sum((1,2))>0; TS=kmeans(S[k],W[k],KS,it=30)
    np.savez(sys.argv[1],T=T,TS=TS)
