from train3 import *
from train import kmeans,cost,probs,q8
z=np.load('tables3.npz'); zpy.set_tables(z['T'],z['TS'][:15])
d=data.load()
te=gather([x for x in d if not x[0].startswith('sk_')],3); tr=gather([x for x in d if x[0].startswith('sk_')]+extra.load(),4)
np.savez('g.npz',teR=te[0],teS=te[1],teW=te[2],trR=tr[0],trS=tr[1],trW=tr[2])
def H(n): t=n.sum(-1,keepdims=True); return -(n*np.log2(np.maximum(n,1e-9)/np.maximum(t,1e-9))).sum((1,2))
R,S,W,nm=te; tot=R.sum((1,2)); 
def rep(lbl,c): print(lbl,'%.1f'%(np.minimum(c,tot)*W).sum(), 'rel %.4f'%((np.minimum(c,tot)*W).sum()/base))
c0=cost(R,z['T']).min(1); base=(np.minimum(c0,tot)*W).sum(); rep('tables3',c0); rep('old',cost(R,np.load('tables2_62_15.npz')['T']).min(1)); rep('own',H(R))
n=R.sum(2); rep('bic',np.minimum(c0,H(R)+0.5*np.log2(n+1).sum(1)))
for K,a,seed in ((62,24,1),(62,24,2),(126,24,0),(250,24,0)):
    T=kmeans(tr[0],tr[2],K,it=20,seed=seed); rep(f'K{K} seed{seed}',cost(R,T).min(1))
# share of sign bits
cs=np.minimum(cost(S,z['TS']).min(1),S.sum((1,2))); print('sign cost',(cs*W).sum()/base,'raw',(S.sum((1,2))*W).sum()/base,'own',(H(S)*W).sum()/base)
