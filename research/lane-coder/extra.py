import numpy as np, tifffile, glob, os
def load():
    out=[]
    for f in sorted(glob.glob('/work/lab/entropy/extra/*.tif')):
        n=os.path.basename(f)[:-4]
        try: a=tifffile.imread(f)
        except Exception as e: print(n,e); continue
        a=np.squeeze(a)
        if a.dtype.kind not in 'ui': continue
        if 'rgb' in n: pl=[a if a.shape[-1]==3 else np.moveaxis(a,0,-1)]
        elif a.ndim==2: pl=[a]
        else:
            if a.shape[-1]<=4: a=np.moveaxis(a,-1,0)
            a=a.reshape((-1,)+a.shape[-2:])
            k=a.shape[0]
            pl=[a[i] for i in (range(k) if k<=3 else (k//3,2*k//3))]
        pl=[p for p in pl if p.max()>p.min()]
        out.append((n,pl))
    return out
if __name__=='__main__':
    for n,p in load(): print(n,len(p),p[0].shape,p[0].dtype,p[0].min(),p[0].max())
