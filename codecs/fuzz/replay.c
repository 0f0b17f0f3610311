/* Runs a fuzz target on files, or on all files of folders, where there is no libFuzzer: replay FILE-OR-FOLDER… */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_nbytes);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    uint8_t *data = malloc(1 << 20);
    /* Once as a shard as it is (no checksum put right), and once for each way to put some right. */
    size_t nbytes = fread(data + 1, 1, (1 << 20) - 1, file);
    fclose(file);
    for (uint8_t fixes = 0; fixes < 8; fixes++) {
        data[0] = fixes;
        uint8_t *exact = malloc(nbytes + 1);
        memcpy(exact, data, nbytes + 1);
        LLVMFuzzerTestOneInput(exact, nbytes + 1);
        free(exact);
    }
    free(data);
    return 1;
}

static int run(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return run_file(path);
    int count = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char inside[4096];
        if (entry->d_name[0] != '.' && snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name) < (int)sizeof inside)
            count += run_file(inside);
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += run(argv[i]);
    printf("%d files replayed\n", count);
    return count == 0;
}
