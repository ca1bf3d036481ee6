/* SPDX-License-Identifier: MIT */
/* What lies beside a unit's file: drop-ins, and folders of links to what it wants and requires. */
#include "glue/unitdrop.h"

#include "glue/say.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* A folder beside the unit's file, whichever of its names it is under. */
struct beside {
    struct beside *next; // in the arena
    const char *path;    // in the arena
    struct find_names names;
    int fd; // open while the unit is read
};

/* One file of them. */
struct piece {
    const char *name;
    const struct beside *folder;
    uint32_t order; // of its folder
};

static bool is_conf(const char *name)
{
    return find_suffix(name, ".conf");
}

static bool is_service(const char *name)
{
    return find_suffix(name, ".service");
}

/* Opens FOLDER/ENTRY and lists it. NULL where it cannot be read, which is said. */
static struct beside *open_beside(struct unitload *l, const struct find_folder *folder,
                                  const char *entry, bool (*takes)(const char *name))
{
    struct beside *b = unitload_take(l, sizeof(*b));
    const char *path = unitload_join(l, folder->path, entry);
    int fd FD_CLEANUP = openat(folder->fd, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 ? -errno : 0;

    r = r == 0 ? find_list(fd, takes, &l->arena, &b->names) : r;
    if (r == -ENOMEM) {
        unitload_memory(l);
    }
    if (r < 0) {
        findings_error(&l->findings, path, say_errno(r));
        return NULL;
    }
    b->path = path;
    b->fd = TAKE_FD(fd);
    return b;
}

#define NAME_BYTES (FIND_TARGET_MAX + 16) /* a unit's name and a suffix of ours */

static bool to_template(char *name)
{
    char template[FIND_TARGET_MAX];

    if (!unit_template_name(name, template, sizeof(template))) {
        return false;
    }
    memcpy(name, template, strlen(template) + 1);
    return true;
}

/* a-b-c.service, a-b-.service, a-.service, service: systemd.unit(5). False at the end. */
static bool to_wider(char *name)
{
    size_t len = strcspn(name, "@");

    if (strcmp(name, "service") == 0) {
        return false;
    }
    len = name[len] == '@' ? len : len - strlen(".service");
    for (len = len > 0 ? len - 1 : 0; len > 0 && name[len - 1] != '-'; len--) {
    }
    if (len > 1) {
        memcpy(name + len, ".service", sizeof(".service"));
    } else {
        memcpy(name, "service", sizeof("service"));
    }
    return true;
}

/* Every folder NAME+suffix: of the unit, of its template, of what is wider; each in the order of the lookup. */
static struct beside *open_all(struct unitload *l, const char *unit, const char *suffix, bool wide,
                               bool (*takes)(const char *name))
{
    char name[NAME_BYTES];
    char entry[NAME_BYTES];
    struct beside *first = NULL;
    struct beside **last = &first;

    memcpy(name, unit, strlen(unit) + 1);
    do {
        size_t len = strlen(name);

        memcpy(entry, name, len + 1);
        memcpy(entry + len, suffix, strlen(suffix) + 1);
        for (uint32_t i = 0; i < l->folder_count; i++) {
            if (find_has(&l->folders[i], entry)) {
                *last = open_beside(l, &l->folders[i], entry, takes);
                last = *last != NULL ? &(*last)->next : last;
            }
        }
    } while (to_template(name) || (wide && to_wider(name)));
    return first;
}

static void close_all(struct beside *first)
{
    for (struct beside *b = first; b != NULL; b = b->next) {
        fd_close(&b->fd);
    }
}

static int compare(const void *a, const void *b)
{
    const struct piece *x = a;
    const struct piece *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : x->order < y->order ? -1 : 1;
}

/* All files of the folders, sorted by name; of equal names the earlier folder's first. */
static struct piece *sort_pieces(struct unitload *l, const struct beside *first,
                                 uint32_t *ret_count)
{
    struct piece *pieces;
    uint32_t count = 0;
    uint32_t order = 0;

    for (const struct beside *b = first; b != NULL; b = b->next) {
        count += b->names.count;
    }
    pieces = unitload_take(l, (count + 1) * sizeof(*pieces));
    count = 0;
    for (const struct beside *b = first; b != NULL; b = b->next, order++) {
        for (uint32_t i = 0; i < b->names.count; i++) {
            pieces[count++] = (struct piece){b->names.names[i], b, order};
        }
    }
    qsort(pieces, count, sizeof(*pieces), compare);
    *ret_count = count;
    return pieces;
}

static void read_conf(struct unitload *l, struct unit *u, const struct piece *p)
{
    const char *path = unitload_join(l, p->folder->path, p->name);
    enum find_kind kind = FIND_FILE;
    char target[FIND_TARGET_MAX];
    struct slice text = {NULL, 0};
    int r = find_look(p->folder->fd, p->name, &kind, target);

    if (r == 0 && kind == FIND_MASK) {
        return;
    }
    if (r == 0 && kind == FIND_OTHER) {
        findings_error(&l->findings, path, "passed over: it is no regular file");
        return;
    }
    r = r == 0 ? find_read(p->folder->fd, p->name, l->text, UNIT_FILE_MAX, &text) : r;
    if (r < 0) {
        unitload_unreadable(l, u, path, unitload_why(r));
    } else if (unit_read(u, text, path) < 0) {
        unitload_memory(l);
    }
}

void unitdrop_read(struct unitload *l, struct unit *u)
{
    struct beside *first = open_all(l, u->name, ".d", true, is_conf);
    uint32_t count = 0;
    const struct piece *pieces = first != NULL ? sort_pieces(l, first, &count) : NULL;

    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(pieces[i].name, pieces[i - 1].name) != 0) {
            read_conf(l, u, &pieces[i]);
        }
    }
    close_all(first);
}

static void add_dep(struct unitload *l, struct unit *u, const struct piece *p,
                    enum unit_dep_kind kind)
{
    struct unit_dep *d = unitload_take(l, sizeof(*d));
    struct unit_dep **last = &u->deps;

    *d = (struct unit_dep){.name = p->name, .kind = (uint8_t)kind, .path = p->folder->path};
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = d;
}

static void add_links(struct unitload *l, struct unit *u, const char *suffix,
                      enum unit_dep_kind kind)
{
    struct beside *first = open_all(l, u->name, suffix, false, is_service);
    uint32_t count = 0;
    const struct piece *pieces = first != NULL ? sort_pieces(l, first, &count) : NULL;

    for (uint32_t i = 0; i < count; i++) {
        enum find_kind what = FIND_OTHER;
        char target[FIND_TARGET_MAX];

        if (i > 0 && strcmp(pieces[i].name, pieces[i - 1].name) == 0) {
            continue;
        }
        if (find_look(pieces[i].folder->fd, pieces[i].name, &what, target) == 0 &&
            what != FIND_MASK) {
            add_dep(l, u, &pieces[i], kind);
        }
    }
    close_all(first);
}

void unitdrop_links(struct unitload *l, struct unit *u)
{
    add_links(l, u, ".wants", DEP_WANTS);
    add_links(l, u, ".requires", DEP_REQUIRES);
}
