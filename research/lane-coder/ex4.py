from train import *
te=get('test',None,3); tr=get('train',None,2)
rec,R,S,J=tr; wt=np.array([1/J[r[0]] for r in rec]); wt/=wt.mean()
gm=lambda e: np.exp(np.mean(np.log(list(e.values()))))
def ev(parts,K,oh):
    # parts: list of index arrays over flattened ctx (192)
    out=[]
    Ts=[kmeans(R.reshape(len(R),192,2)[:,p],wt,K,it=15) for p in parts]
    for rec_,R_,S_,J_ in (tr,te):
        F=R_.reshape(len(R_),192,2); c=0
        for p,T in zip(parts,Ts): c=c+np.minimum(cost(F[:,p],T).min(1),F[:,p].sum((1,2))+0)
        TS=np.load('tables_32_16.npz')['TS']; cs=np.minimum(cost(S_,TS).min(1),S_.sum((1,2)))
        res={}
        for i,r in enumerate(rec_): res[r[0]]=res.get(r[0],0)+(c[i]+cs[i])/8+oh
        out.append({k:v/J_[k] for k,v in res.items()})
    return out
ix=np.arange(192).reshape(4,3,16)
for nm,parts,K,oh in [('all',[ix.ravel()],32,2),('phase',[ix[k].ravel() for k in range(4)],32,4),('phase01/23',[ix[:2].ravel(),ix[2:].ravel()],32,2.5),('m',[ix[:,m].ravel() for m in range(3)],32,3),('m0/m12',[ix[:,0].ravel(),ix[:,1:].ravel()],32,2.5),('phase x m',[ix[k,m] for k in range(4) for m in range(3)],16,8)]:
    e,f=ev(parts,K,oh); print(nm,K,'train %.4f test %.4f max %.4f'%(gm(e),gm(f),max(f.values())), {k:round(float(f[k]),4) for k in ('nuclear','speck_b','EM_mito','CT','HE_rgb')},flush=True)
# own ideal at same quantisation
res={}
F=te[1]
for i,r in enumerate(te[0]): res[r[0]]=res.get(r[0],0)+(min(H(F[i]),F[i].sum())+min(H(te[2][i]),te[2][i].sum()))/8
f={k:v/te[3][k] for k,v in res.items()}; print('own',gm(f),{k:round(float(f[k]),4) for k in ('nuclear','speck_b','EM_mito','CT','HE_rgb')})
