/* SPDX-License-Identifier: MIT */
/* Pseudoterminals from one particular devpts. */
#include "sys/pty.h"

#include "sys/fd.h"
#include "sys/mnt.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

static int open_master(int devpts)
{
    int fd FD_CLEANUP = mnt_open(devpts, "ptmx", O_RDWR | O_NOCTTY, MNT_NO_SYMLINKS);
    struct statfs fs;
    struct stat st;

    if (fd < 0) {
        return fd;
    }
    if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0) {
        return -errno;
    }
    if ((unsigned long)fs.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) ||
        st.st_rdev != makedev(5, 2)) {
        return -EXDEV;
    }
    return TAKE_FD(fd);
}

int pty_open(int devpts, uint16_t rows, uint16_t columns, struct pty *ret_pty)
{
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    int master FD_CLEANUP = open_master(devpts);
    int unlock = 0;
    int slave;

    if (master < 0) {
        return master;
    }
    // The size comes before the command: the first thing it runs may ask for it.
    if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCSWINSZ, &size) < 0) {
        return -errno;
    }
    slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) {
        return -errno;
    }
    ret_pty->slave = slave;
    ret_pty->master = TAKE_FD(master);
    return 0;
}

int pty_control(int slave)
{
    return ioctl(slave, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

void pty_finish(struct pty *p)
{
    fd_close(&p->master);
    fd_close(&p->slave);
}
