import sys; sys.path.insert(0,'/work/lab/entropy')
import numpy as np, data, os
from ex import *
z=np.load('/work/lab/entropy/tables2_62_15.npz'); T=z['T'].astype(np.uint8); S=np.full((15,16),128,np.uint8); S[:,:13]=z['TS'][:15]
with open('/work/lab/entropy/tables.bin','wb') as f: f.write(np.array([len(T),15],np.int32).tobytes()+T.tobytes()+S.tobytes())
os.makedirs('/work/lab/entropy/bin',exist_ok=True)
def FF(ms): return None
for n,pl in data.load():
    rec=[]
    for p in pl:
        for c in data.chunks(p):
            cs=comps(c); span=int(max(int(x.max())-int(x.min()) for x in cs)); span=max(span,int(cs[0].max()))
            D=D_of(c.shape[:2]); R=min(D+1,4)
            F=max(1,int(span).bit_length()-2)
            rec.append(np.array([c.shape[0],c.shape[1],len(cs),D,R,F,span],np.int32).tobytes()+b''.join(x.astype(np.int32).tobytes() for x in cs))
            if len(rec)>=8: break
    open(f'/work/lab/entropy/bin/{n}.bin','wb').write(np.array([len(rec)],np.int32).tobytes()+b''.join(rec))
