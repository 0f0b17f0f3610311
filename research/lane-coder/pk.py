import sys; from cmp import *
tab=np.load('tables2_62_15.npz'); zpy.set_tables(tab['T'],tab['TS'][:15])
for n,pl in data.load():
    if n not in sys.argv[1].split(','): continue
    c=next(data.chunks(pl[0])); z,R,F=codec(c); out=np.empty(c.nbytes*3+100000,np.uint8); ln=np.zeros(R*(F+1),np.uint64)
    m=L.zc_encode(z,c.ctypes.data,DT[c.dtype.name],out.ctypes.data,ln.ctypes.data); o=0; print(n,c.shape,m,'R',R,'F',F)
    for t in range(F,-1,-1):
        row=[]
        for r in range(R-1,-1,-1):
            k=int(ln[t*R+r]); row.append(f"{k}/{out[o] if k else '-'}"); o+=k
        print(t,' '.join(row))
