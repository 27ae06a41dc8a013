/*
 * The least that a low-level libfuse program can do, to compare with: a fixed tree of files with fixed content,
 * everything kept by the kernel for ever, writes taken and thrown away. One thread.
 *
 * server CONTENTS MOUNTPOINT ENTRY...   where ENTRY is PATH=CONTENT for a file, or PATH->TARGET for a symbolic link
 *
 * CONTENTS says what becomes of the files' contents: "asked" for by each read; "kept" by the kernel, which still
 * asks to open; "unopened", kept and never opened again after the first time (ENOSYS).
 */
#define FUSE_USE_VERSION 35
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 256 };
static const double FOR_EVER = 2147483648.0;

struct node {
	fuse_ino_t parent;
	mode_t mode;
	char *name;
	char *content;
};

static struct node nodes[NODES_MAX] = { [FUSE_ROOT_ID] = { .mode = S_IFDIR | 0755, .name = "" } };
static fuse_ino_t last = FUSE_ROOT_ID;
static enum { ASKED, KEPT, UNOPENED } contents;

static fuse_ino_t find(fuse_ino_t parent, const char *name)
{
	for (fuse_ino_t i = FUSE_ROOT_ID + 1; i <= last; i++)
		if (nodes[i].parent == parent && !strcmp(nodes[i].name, name))
			return i;
	return 0;
}

static fuse_ino_t add(fuse_ino_t parent, char *name, mode_t mode)
{
	fuse_ino_t found = find(parent, name);

	if (found)
		return found;
	if (++last == NODES_MAX)
		exit(2);
	nodes[last] = (struct node){ .parent = parent, .mode = mode, .name = name };
	return last;
}

static void add_entry(char *path)
{
	char *end = strstr(path, "->");
	mode_t mode = end ? S_IFLNK | 0777 : S_IFREG | 0644;
	fuse_ino_t at = FUSE_ROOT_ID;
	char *content, *name, *next;

	if (!end && !(end = strchr(path, '=')))
		exit(2);
	content = end + (S_ISLNK(mode) ? 2 : 1);
	*end = 0;
	for (name = strtok(path, "/"); name; name = next) {
		next = strtok(NULL, "/");
		at = add(at, name, next ? S_IFDIR | 0755 : mode);
	}
	nodes[at].content = content;
}

static struct stat stat_of(fuse_ino_t ino)
{
	off_t size = contents != ASKED && nodes[ino].content ? strlen(nodes[ino].content) : 4096;

	return (struct stat){ .st_ino = ino, .st_mode = nodes[ino].mode, .st_nlink = 1, .st_size = size };
}

static void ll_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = { .attr_timeout = FOR_EVER, .entry_timeout = FOR_EVER };

	entry.ino = find(parent, name);
	if (!entry.ino) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	entry.attr = stat_of(entry.ino);
	fuse_reply_entry(req, &entry);
}

static void ll_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat stat = stat_of(ino);

	fuse_reply_attr(req, &stat, FOR_EVER);
}

static void ll_readlink(fuse_req_t req, fuse_ino_t ino)
{
	fuse_reply_readlink(req, nodes[ino].content);
}

static void ll_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (contents == UNOPENED) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	fi->direct_io = contents == ASKED;
	fi->keep_cache = contents == KEPT;
	fi->noflush = 1;
	fuse_reply_open(req, fi);
}

static void ll_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	size_t length = strlen(nodes[ino].content);

	if ((size_t)offset >= length)
		fuse_reply_buf(req, NULL, 0);
	else
		fuse_reply_buf(req, nodes[ino].content + offset, length - offset < size ? length - offset : size);
}

static void ll_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t offset,
		     struct fuse_file_info *fi)
{
	fuse_reply_write(req, size);
}

static void ll_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	fuse_reply_err(req, 0);
}

static void ll_init(void *userdata, struct fuse_conn_info *conn)
{
	conn->want |= conn->capable & (FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_ATOMIC_O_TRUNC);
}

static const struct fuse_lowlevel_ops operations = {
	.init = ll_init,
	.lookup = ll_lookup,
	.getattr = ll_getattr,
	.readlink = ll_readlink,
	.open = ll_open,
	.read = ll_read,
	.write = ll_write,
	.release = ll_release,
};

int main(int argc, char *argv[])
{
	char *options[] = { argv[0], "-oallow_other,default_permissions,fsname=benchmark" };
	struct fuse_args args = FUSE_ARGS_INIT(2, options);
	struct fuse_session *session;
	int status;

	if (argc < 4)
		return 2;
	contents = !strcmp(argv[1], "kept") ? KEPT : !strcmp(argv[1], "unopened") ? UNOPENED : ASKED;
	for (int i = 3; i < argc; i++)
		add_entry(argv[i]);
	session = fuse_session_new(&args, &operations, sizeof(operations), NULL);
	if (!session || fuse_set_signal_handlers(session) || fuse_session_mount(session, argv[2]))
		return 1;
	puts("ready");
	fflush(stdout);
	status = fuse_session_loop(session);
	fuse_session_unmount(session);
	fuse_remove_signal_handlers(session);
	fuse_session_destroy(session);
	return status != 0;
}
