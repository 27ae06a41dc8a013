/** Arguments of mmap(2), Linux x86-64. */
export const PROT_READ = 0x1;
export const PROT_WRITE = 0x2;
export const PROT_EXEC = 0x4;

/** Which of the following kinds a mapping is. */
export const MAP_TYPE = 0xf;
export const MAP_SHARED = 0x1;
export const MAP_PRIVATE = 0x2;
export const MAP_SHARED_VALIDATE = 0x3;

export const MAP_SYNC = 0x80000;
