"""k-means of table sets on training split; evaluate on test split"""
from collect import *
import pickle, os
QS=np.array([min(x,6) if x<=6 else 7 if x<=8 else 8 if x<=11 else 9 if x<=15 else 10 if x<32 else 11 if x<48 else 12 if x<80 else 13 if x<128 else 14 if x<192 else 15 for x in range(256)])
W=(2,2,1,2,2,0)
def reduce(rec,Q=QS):
    R=np.zeros((len(rec),4,3,16,2),np.float64); S=np.zeros((len(rec),13,2))
    for i,r in enumerate(rec):
        cn=r[6].astype(float); a=np.add.reduceat(cn[:,:,np.argsort(Q,kind='stable')],np.searchsorted(np.sort(Q),np.arange(16)),axis=2)
        a[:,2]+=a[:,3]; R[i]=a[:,:3]; S[i]=r[7].sum(0)
    return R,S
def q8(p): return np.clip(np.round(p*256),1,255)
def probs(N,prior,a=24.):
    p=(N[...,1]+a*prior)/(N.sum(-1)+a); return q8(p)
def cost(R,T): # R [n,ctx,2], T [K,ctx] 8-bit
    c1=-np.log2(T/256); c0=-np.log2(1-T/256)
    return R[...,1]@c1.T+R[...,0]@c0.T
def kmeans(R,wt,K,it=25,seed=0,raw=True):
    n=len(R); R=R.reshape(n,-1,2); tot=R.sum((1,2)); g=(R*wt[:,None,None]).sum(0); prior=(g[:,1]+.5)/(g.sum(1)+1)
    rng=np.random.default_rng(seed)
    # init by entropy/ordering: random picks weighted
    own=np.stack([probs(R[i],prior,8.) for i in rng.choice(n,K,replace=False,p=tot*wt/(tot*wt).sum())])
    T=own
    for k in range(it):
        C=cost(R,T); a=C.argmin(1); best=C.min(1)
        r=best>tot*0.999
        new=[]
        for j in range(K):
            m=(a==j)&~r
            if not m.any(): # reseed with worst
                gap=(best-0)*wt; i=rng.choice(n,p=tot*wt/(tot*wt).sum()); new.append(probs(R[i],prior,8.)); continue
            N=(R[m]*wt[m,None,None]).sum(0); sc=R[m].sum()/N.sum()
            new.append(probs(N*sc,prior))
        T=np.stack(new)
    return T
def evaluate(rec,R,S,T,TS,J,oh=2):
    n=len(rec); C=cost(R.reshape(n,-1,2),T).min(1); tot=R.sum((1,2,3,4)); C=np.minimum(C,tot)
    CS=np.minimum(cost(S,TS).min(1),S.sum((1,2)))
    res={}
    for i,r in enumerate(rec): res[r[0]]=res.get(r[0],0)+(C[i]+CS[i])/8+oh
    return {k:v/J[k] for k,v in res.items()}
def get(tag,ims,mc):
    f=f'cache_{tag}.pkl'
    if os.path.exists(f): return pickle.load(open(f,'rb'))
    rec=collect(ims,mc,W); J=j2k(ims,mc); R,S=reduce(rec); rec=[r[:6] for r in rec]
    # raw S hist kept coarse only
    pickle.dump((rec,R,S,J),open(f,'wb')); return rec,R,S,J
if __name__=='__main__':
    d=data.load()
    te=get('test',[x for x in d if not x[0].startswith('sk_')],3)
    tr=get('train',[x for x in d if x[0].startswith('sk_')]+extra.load(),2)
    rec,R,S,J=tr; wt=np.array([1/J[r[0]] for r in rec]); wt/=wt.mean()
    print(len(rec),len(te[0]))
    for K,KS in ((16,8),(32,8),(32,16),(62,16)):
        T=kmeans(R,wt,K); TS=kmeans(S,wt,KS)
        e=evaluate(*tr[:3],T,TS,tr[3]); f=evaluate(*te[:3],T,TS,te[3])
        gm=lambda e: np.exp(np.mean(np.log(list(e.values()))))
        print(K,KS,'train gm %.4f test gm %.4f max %.4f'%(gm(e),gm(f),max(f.values())),flush=True)
        np.savez(f'tables_{K}_{KS}.npz',T=T,TS=TS)
    print({k:round(v,4) for k,v in f.items()}); print({k:round(v,4) for k,v in e.items()})
