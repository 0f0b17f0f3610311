from cmp import *; import time
tab=np.load('tables3.npz'); zpy.set_tables(tab['T'],tab['TS'][:15]); d=dict(data.load()); rng=np.random.default_rng(1); t0=time.time(); n=bad=0
for name in ('EM_vol','dna_wf','CT'):
    c=next(data.chunks(d[name][0]))[:200,:180].copy(); z,R,F=codec(c); out=np.zeros(c.nbytes*3+200000,np.uint8); ln=np.zeros(R*(F+1),np.uint64); m=L.zc_encode(z,c.ctypes.data,DT[c.dtype.name],out.ctypes.data,ln.ctypes.data); back=np.empty_like(c)
    while time.time()-t0<12*(1+('EM_vol','dna_wf','CT').index(name)):
        o=out.copy(); 
        for k in range(rng.integers(1,4)): o[rng.integers(0,m)]=rng.integers(0,256)
        for a in (1,0):
            zpy.avx.value=a; e=L.zc_decode(z,o.ctypes.data,ln.ctypes.data,0,0,back.ctypes.data,DT[c.dtype.name]); n+=1; bad+=e!=0
    zpy.avx.value=1; L.zc_free(z)
print('mutated decodes',n,'refused',bad,'no crash')
