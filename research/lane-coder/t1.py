import sys; sys.path.insert(0,'/work/lab/entropy')
import numpy as np, zpy, data, time
from ex import *
z=np.load('/work/lab/entropy/tables_32_8.npz' if 0 else '/work/lab/entropy/tables2_62_15.npz'); zpy.set_tables(z['T'],z['TS'][:15])
names=sys.argv[1].split(',')
from collect import j2k
for n,pl in data.load():
    if n not in names: continue
    c=next(data.chunks(pl[0])); J=j2k([(n,[c])],1)[n]
    cs=comps(c); D=D_of(cs[0].shape); R=min(D+1,5); F=max(int(max(np.abs(x).max() for x in cs)).bit_length()+0,1)
    ms=[zpy.mallat(x,D) for x in cs]
    res=[]
    for av in (1,0):
        zpy.avx.value=av; t=time.time(); pk=zpy.encode(ms,D,R,F); t1=time.time()-t; res.append(pk)
        for dv in (1,0):
            zpy.avx.value=dv; dec=zpy.decode(pk,*cs[0].shape,D,R,F,len(cs)); print(n,'enc avx',av,'dec avx',dv,[bool((a==b).all()) for a,b in zip(dec,ms)])
    tot=sum(map(len,pk.values())); print(n,'same bytes',res[0]==res[1],tot,J,'ratio %.4f'%((tot+4*sum(1 for v in pk.values() if v)+2*len(pk))/J), 'npk',sum(1 for v in pk.values() if v),'t %.1fms'%(t1*1e3))
