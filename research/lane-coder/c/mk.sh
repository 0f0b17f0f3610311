cd /work/lab/entropy/c && gcc -O3 -w -mavx2 -mbmi2 -mpopcnt -shared -fPIC zp.c codec.c -o libzp.so -lm && gcc -O3 -w -mavx2 -mbmi2 -mpopcnt zp.c bench.c -o bench -lm
