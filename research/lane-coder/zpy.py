import ctypes, numpy as np
L=ctypes.CDLL('/work/lab/entropy/c/libzp.so')
L.zp_new.restype=ctypes.c_void_p; L.zp_enc_packet.restype=ctypes.c_size_t
for f in ('zp_reset','zp_free'): getattr(L,f).argtypes=[ctypes.c_void_p]; getattr(L,f).restype=None
V=ctypes.c_void_p; I=ctypes.c_int
L.zp_load16.argtypes=L.zp_load32.argtypes=[V,I,V,I]; L.zp_load16.restype=L.zp_load32.restype=None
L.zp_store16.argtypes=L.zp_store32.argtypes=[V,I,V,I,I,I]; L.zp_store16.restype=L.zp_store32.restype=None
L.zp_enc_packet.argtypes=[V,I,I,V,ctypes.c_size_t]; L.zp_dec_packet.argtypes=[V,I,I,V,ctypes.c_size_t]
L.zp_set_tables.argtypes=[I,V,I,V]
avx=ctypes.c_int.in_dll(L,'zp_use_avx2'); rawgain=ctypes.c_double.in_dll(L,'zp_rawgain'); sample=ctypes.c_int.in_dll(L,'zp_sample')
def set_tables(T,TS):
    T=np.ascontiguousarray(T.reshape(-1,4,3,16).astype(np.uint8)); S=np.zeros((len(TS),16),np.uint8); S[:,:13]=TS; S[:,13:]=128
    L.zp_set_tables(len(T),T.ctypes.data,len(S),S.ctypes.data)
def mallat(m,D):
    from ex import fwd_line
    a=m.astype(np.int32).copy(); h,w=a.shape
    for l in range(D):
        x=a[:h,:w]; lo,hi=fwd_line(x,0); x=np.concatenate([lo,hi],1); lo,hi=fwd_line(x.T,1); a[:h,:w]=np.concatenate([lo,hi],1).T
        h,w=(h+1)//2,(w+1)//2
    return a
def encode(ms,D,R,F):
    h,w=ms[0].shape; c=L.zp_new(h,w,D,R,F,len(ms))
    for i,m in enumerate(ms):
        if np.abs(m).max()<32768: m=np.ascontiguousarray(m.astype(np.int16)); L.zp_load16(c,i,m.ctypes.data,w)
        else: m=np.ascontiguousarray(m.astype(np.int32)); L.zp_load32(c,i,m.ctypes.data,w)
    buf=np.zeros(h*w*len(ms)*6+65536,np.uint8); out={}
    for t in range(F,-1,-1):
        for r in range(R-1,-1,-1):
            n=L.zp_enc_packet(c,r,t,buf.ctypes.data,buf.nbytes); out[r,t]=buf[:n].tobytes()
    L.zp_free(c); return out
def decode(pk,h,w,D,R,F,comps,upto=0,rmin=0):
    c=L.zp_new(h,w,D,R,F,comps)
    for t in range(F,upto-1,-1):
        for r in range(R-1,rmin-1,-1):
            e=L.zp_dec_packet(c,r,t,pk[r,t],len(pk[r,t])); 
            if e: raise ValueError((r,t,e))
    res=[]
    for i in range(comps):
        m=np.zeros((h,w),np.int32); L.zp_store32(c,i,m.ctypes.data,w,rmin,upto); res.append(m)
    L.zp_free(c); return res
