/*
 * Does one thing to a file again and again, and writes how long each time took (nanoseconds, 32-bit) to its
 * standard output.
 *
 * client read  COUNT PATH             open, read, close
 * client write COUNT PATH TEXT TEXT   open, write, close; the texts by turns
 * client echo  COUNT PATH TEXT TEXT   as write, but truncating as a shell does
 * client many  COUNT PATH PROCESSES   as read, in so many processes at once, COUNT times in all; writes one number:
 *                                     the nanoseconds of the whole (64-bit)
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void read_once(const char *path)
{
	char buffer[4096];
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, buffer, sizeof(buffer)) < 0)
		fail(path);
	close(fd);
}

static void write_once(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | flags);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

static void each_time(long count, const char *path, int flags, char *texts[])
{
	uint32_t *times = calloc(count, sizeof(*times));
	uint64_t start = now(), end;

	if (!times)
		fail("calloc");
	for (long i = 0; i < count; i++) {
		if (texts)
			write_once(path, flags, texts[i % 2]);
		else
			read_once(path);
		end = now();
		times[i] = end - start;
		start = end;
	}
	fwrite(times, sizeof(*times), count, stdout);
}

static void at_once(long count, const char *path, int processes)
{
	uint64_t start = now();
	int status, failed = 0;

	for (int i = 0; i < processes; i++) {
		if (fork() == 0) {
			for (long k = 0; k < count / processes; k++)
				read_once(path);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status;
	if (failed)
		exit(1);
	start = now() - start;
	fwrite(&start, sizeof(start), 1, stdout);
}

int main(int argc, char *argv[])
{
	if (argc == 4 && !strcmp(argv[1], "read"))
		each_time(atol(argv[2]), argv[3], 0, NULL);
	else if (argc == 6 && !strcmp(argv[1], "write"))
		each_time(atol(argv[2]), argv[3], 0, argv + 4);
	else if (argc == 6 && !strcmp(argv[1], "echo"))
		each_time(atol(argv[2]), argv[3], O_TRUNC, argv + 4);
	else if (argc == 5 && !strcmp(argv[1], "many"))
		at_once(atol(argv[2]), argv[3], atoi(argv[4]));
	else
		return 2;
	return 0;
}
