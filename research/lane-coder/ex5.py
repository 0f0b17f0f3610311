from train import *
te=get('test',None,3); tr=get('train',None,2)
z=np.load('tables_32_16.npz'); T,TS=z['T'],z['TS']
gm=lambda e: np.exp(np.mean(np.log(list(e.values()))))
rec,R,S,J=te; F=R.reshape(len(R),192,2); n=F.sum(2)
def Hr(N): 
    t=N.sum(-1,keepdims=True); return -(N*np.log2(np.maximum(N,1e-9)/np.maximum(t,1e-9))).sum(-1)
tab=cost(F,T).min(1); tot=F.sum((1,2)); h=Hr(F)
a=cost(F,T).argmin(1); Ta=T[a]
ctab=-(F[...,1]*np.log2(Ta/256)+F[...,0]*np.log2(1-Ta/256))
bic=h.sum(1)+(0.5*np.log2(n+1)).sum(1)
# per context choose: keep table or send explicit at cost 1 flag + 5 bits 
expl=np.minimum(ctab,h+6).sum(1)+0  # flags approx
flag=192*0.25
expl=np.minimum(expl+flag,tab)
for nm,c in (('tab',np.minimum(tab,tot)),('own',np.minimum(h.sum(1),tot)),('bic',np.minimum(np.minimum(bic,tab),tot)),('expl',np.minimum(expl,tot))):
    res={}
    for i,r in enumerate(rec): res[r[0]]=res.get(r[0],0)+c[i]/8
    f={k:v/J[k] for k,v in res.items()}; print(nm,gm(f),{k:round(float(f[k]),4) for k in ('nuclear','speck_b','EM_mito','CT','HE_rgb')})
for im in ('nuclear','CT'):
    for l in range(4):
        for o in (1,3):
            for q in range(0,8):
                ii=[i for i,r in enumerate(rec) if r[0]==im and r[2]==l and r[3]==o and r[4]==q]
                if ii: print(im,l,o,q,'n',int(tot[ii].sum()),'tab %.0f own %.0f bic %.0f raw %.0f'%(tab[ii].sum()/8,h[ii].sum()/8,bic[ii].sum()/8,tot[ii].sum()/8), 'byphase',[(int(ctab.reshape(-1,4,48)[ii][:,k].sum()/8),int(h.reshape(-1,4,48)[ii][:,k].sum()/8)) for k in range(4)])
