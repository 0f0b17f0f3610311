from collect import *
TEST='nuclear,speck_b,eres,iximg_mip,HE_rgb,EM_mito,phase8,CT,sk_camera,sk_retina,hela,migr'.split(',')
ims=[x for x in data.load() if x[0] in TEST]
J=j2k(ims,1)
#quantise S: 0..7 each, then log
def quant(s):
    return np.array([min(x,6) if x<=6 else 7 if x<=8 else 8 if x<=11 else 9 if x<=15 else 10 if x<32 else 11 if x<48 else 12 if x<80 else 13 if x<128 else 14 if x<192 else 15 for x in range(256)])
Q=quant(0); 
for wts in [(2,2,1,2,2,0),(2,2,1,2,2,1),(2,2,1,4,2,0),(2,2,1,2,4,0),(2,2,1,4,4,0),(2,2,1,0,0,0),(4,4,2,4,4,0),(1,1,1,1,1,0)]:
    rec=collect(ims,1,wts); tot={};tq={};sg={};t3={}
    for n,ci,l,o,q,t,cn,s in rec:
        tot[n]=tot.get(n,0)+H(cn)
        a=np.zeros((4,4,16,2)); 
        for v in range(16): a[:,:,v]=cn[:,:,Q==v].sum(2)
        tq[n]=tq.get(n,0)+H(a)
        a[:,2]+=a[:,3]; a[:,3]=0; t3[n]=t3.get(n,0)+H(a)
        sg[n]=sg.get(n,0)+H(s)
    print(wts,' '.join(f"{n}:{(tot[n]+sg[n])/8/J[n]:.4f}/{(tq[n]+sg[n])/8/J[n]:.4f}/{(t3[n]+sg[n])/8/J[n]:.4f}" for n in TEST), 'gm %.4f'%np.exp(np.mean([np.log((t3[n]+sg[n])/8/J[n]) for n in TEST])),flush=True)
