from cmp import *; import sys, cmp as _c
_c.RMAX,_c.FADD=4,0
tab=np.load(sys.argv[1]); zpy.set_tables(tab['T'],tab['TS'][:15]); acc=(ctypes.c_double*8).in_dll(L,'zp_acc')
for n,pl in data.load():
    if n.startswith('sk_'): continue
    c=next(data.chunks(pl[0]))
    if min(c.shape[:2])<200: continue
    z,R,F=codec(c); out=np.empty(c.nbytes*3+100000,np.uint8); ln=np.zeros(R*(F+1),np.uint64)
    for i in range(8): acc[i]=0
    m=L.zc_encode(z,c.ctypes.data,DT[c.dtype.name],out.ctypes.data,ln.ctypes.data); print(f"{n:10s} {m} hdr {acc[0]/m:.4f} states-embedded {(acc[1]-acc[6])/m:.4f} crc {acc[5]*4/m:.4f} raw {acc[2]/m:.3f} lanes {acc[3]/m:.3f} est/lanes {acc[4]/max(acc[3],1):.4f} npk {acc[5]:.0f}")
