"""Images as list of (name, kind, [planes]) ; plane: 2-D grey int array or HxWx3."""
import numpy as np, tifffile, glob, io, zipfile, os
import imagecodecs as ic
D='/work/shared/data/'
def load():
    out=[]
    def add(name,planes): out.append((name,[np.ascontiguousarray(p) for p in planes]))
    add('nuclear',[tifffile.imread(D+'fluo16_nuclear_protein_control_1192.tif')])
    s=sorted(glob.glob(D+'fluo16_speckles_2ch_1200/*.tif'))
    add('speck_a',[tifffile.imread(s[0])]); add('speck_b',[tifffile.imread(s[1])])
    add('scanR',[tifffile.imread(D+'fluo16_scanR_offset_1344.tif')])
    add('eres',[tifffile.imread(D+'fluo16_eres_noisy_512.tif')])
    h=tifffile.imread(D+'fluo16_hela_3ch_rgb48.tif'); add('hela',[h[...,c] for c in range(3)])
    m=sorted(glob.glob(D+'fluo16_imagexpress_zc_512/*.tif')); 
    z=sorted(glob.glob(D+'fluo16_imagexpress_zc_512/ZStep_5/*.tif'))
    add('iximg_mip',[tifffile.imread(f) for f in m]); add('iximg_z5',[tifffile.imread(f) for f in z])
    d=tifffile.imread(D+'zstack16_dna_conf_wf_zcyx.tif'); add('dna_conf',[d[i,0] for i in (10,22,34)]); add('dna_wf',[d[i,1] for i in (10,22,34)])
    d=tifffile.imread(D+'zstack8_drosophila_nuclear_envelope.tif'); add('droso8',[d[4],d[10]])
    d=tifffile.imread(D+'movie16_cell_migration_48t.tif'); add('migr',[d[5],d[30]])
    d=tifffile.imread(D+'movie16_membrane_5t.tif'); add('membrane',[d[0],d[4]])
    h=tifffile.imread(D+'HE_CMU-1-Small-Region.svs'); add('HE_rgb',[h[512:1536,512:1536]])
    add('IHC_rgb',[ic.imread(D+'IHC_ihc_512.png')])
    add('EM_mito',[tifffile.imread(D+'EM8_mito_er.tif')])
    zf=zipfile.ZipFile(D+'EM8_volume_series.zip'); n=sorted(x for x in zf.namelist() if x.lower().endswith(('.tif','.tiff')) and 'MACOSX' not in x)
    add('EM_vol',[tifffile.imread(io.BytesIO(zf.read(n[i]))) for i in (3,12)])
    add('phase16',[tifffile.imread(D+'phase16_ecoli_ec_5I.tif')])
    p=ic.imread(D+'phase8_Sample000252.png'); add('phase8',[p if p.ndim==2 else p[...,0]])
    import pydicom
    add('CT',[pydicom.dcmread(f).pixel_array for f in sorted(glob.glob(D+'CT16_GE_head/*.dcm'))[2:8:3]])
    f=tifffile.imread(D+'float32_BPAE_actin.tif'); 
    if (f==np.round(f)).all(): add('BPAE_int',[f.astype(np.uint16)])
    import skimage, skimage.data as sd
    for nm in ('camera','coins','moon','page','clock','brick','grass','gravel','cell','microaneurysms'):
        try: add('sk_'+nm,[getattr(sd,nm)()])
        except Exception as e: pass
    for nm in ('astronaut','coffee','chelsea','rocket','hubble_deep_field','retina'):
        try: add('sk_'+nm,[getattr(sd,nm)()])
        except Exception as e: pass
    return out
def chunks(plane,n=512):
    H,W=plane.shape[:2]
    for y in range(0,H,n):
        for x in range(0,W,n): yield np.ascontiguousarray(plane[y:y+n,x:x+n])
if __name__=='__main__':
    for n,p in load(): print(n,len(p),p[0].shape,p[0].dtype,p[0].min(),p[0].max())
