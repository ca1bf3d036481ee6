/* SPDX-License-Identifier: MIT */
/* The loader: a child that finds unit files, parses them and writes the unit image. */
#include "glue/loader.h"

#include "glue/say.h"
#include "glue/unitroots.h"
#include "sys/fd.h"
#include "sys/mem.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Where systemd looks as well, and a place of our own before it. */
static const char *const places[] = {"/etc/porthole", "/etc/systemd/system",
                                     "/usr/lib/systemd/system", "/lib/systemd/system"};

#define PLACE_COUNT (sizeof(places) / sizeof(places[0]))

struct loader {
    struct unitload load;
    const struct loader_request *request;
    uint32_t own_folders; // the first of load.folders: --services
};

/* Untouched it costs nothing; a system that counts promised memory gives less. The child ends soon. */
static void take_memory(struct unitload *l)
{
    void *data = NULL;
    size_t cap = 2 * (size_t)UNIT_MEMORY_MAX;

    l->text = mem_map(UNIT_FILE_MAX);
    while (data == NULL && cap > (4u << 20)) {
        cap /= 2;
        data = mem_map(cap);
    }
    if (l->text == NULL || data == NULL) {
        unitload_memory(l);
    }
    arena_init(&l->arena, data, cap);
    names_init(&l->names, &l->arena);
    l->units = unitload_take(l, UNITIMAGE_SERVICES_MAX * sizeof(struct unit *));
    l->aliases = unitload_take(l, UNITIMAGE_SERVICES_MAX * sizeof(struct unitload_alias *));
}

/* The first line of a small file, without what `skip` names; "" where it cannot be read. */
static const char *read_word(struct unitload *l, const char *path, char skip)
{
    struct slice text = {l->text, 0};
    char word[128];
    size_t len = 0;

    (void)find_read(AT_FDCWD, path, l->text, sizeof(word), &text);
    for (size_t i = 0; i < text.len && text.data[i] > ' ' && len + 1 < sizeof(word); i++) {
        if (text.data[i] != (uint8_t)skip) {
            word[len++] = (char)text.data[i];
        }
    }
    word[len] = 0;
    return unitload_text(l, word, "", "");
}

/* As systemd calls it: "ConditionArchitecture=" in systemd.unit(5). */
static const char *architecture(const char *machine)
{
    return strcmp(machine, "x86_64") == 0    ? "x86-64"
           : strcmp(machine, "aarch64") == 0 ? "arm64"
                                             : machine;
}

static void set_values(struct unitload *l, const struct utsname *host)
{
    l->values = (struct unit_values){
        .hostname = host->nodename,
        .runtime = "/run",
        .state = "/var/lib",
        .cache = "/var/cache",
        .logs = "/var/log",
        .config = "/etc",
        .tmp = "/tmp",
        .machine_id = read_word(l, "/etc/machine-id", 0),
        .boot_id = read_word(l, "/proc/sys/kernel/random/boot_id", '-'),
        .release = host->release,
        .arch = architecture(host->machine),
    };
}

static size_t count_of(const char *const *list)
{
    size_t count = 0;

    while (list != NULL && list[count] != NULL) {
        count++;
    }
    return count;
}

/* The --services folders must be there; of the other places those that are. */
static void open_folders(struct loader *self)
{
    struct unitload *l = &self->load;
    size_t own = count_of(self->request->folders);

    l->folders = unitload_take(l, (own + PLACE_COUNT) * sizeof(*l->folders));
    for (size_t i = 0; i < own; i++) {
        const char *path = self->request->folders[i];
        int r = find_open(&l->folders[l->folder_count++], path, &l->arena);

        if (r < 0) {
            findings_end(&l->findings, path, say_errno(r));
        }
    }
    self->own_folders = l->folder_count;
    for (size_t i = 0; i < PLACE_COUNT && count_of(self->request->units) > 0; i++) {
        int r = find_open(&l->folders[l->folder_count], places[i], &l->arena);

        if (r == 0) {
            l->folder_count++;
        } else if (r != -ENOENT && r != -ENOTDIR) {
            findings_warning(&l->findings, places[i], say_errno(r));
        }
    }
}

/* A unit that is no good, where --strict wants all of them to be. */
static void hold_strict(struct unitload *l)
{
    bool bad = l->findings.refused;

    for (uint32_t i = 0; i < l->count; i++) {
        bad = bad || l->units[i]->broken;
    }
    if (bad && l->findings.strict) {
        findings_end(&l->findings, "--strict", "nothing is started");
    }
}

/* The unit's exec list behind its aliases, as the image has them: without ".service". */
static struct slice exec_of(struct unitload *l, uint32_t index)
{
    struct slice exec = l->units[index]->conf.exec;
    struct wire_writer w;
    const uint8_t *kept;

    if (l->aliases[index] == NULL) {
        return exec;
    }
    arena_draft(&l->arena, &w);
    for (const struct unitload_alias *a = l->aliases[index]; a != NULL; a = a->next) {
        wire_tlv_bytes(&w, EXEC_ALIAS, a->name, strlen(a->name) - strlen(".service"));
    }
    wire_put_bytes(&w, exec.data, exec.len);
    kept = (const uint8_t *)arena_keep(&l->arena, &w);
    if (kept == NULL) {
        unitload_memory(l);
    }
    return (struct slice){kept, w.len};
}

static void write_image(struct unitload *l, int memfd)
{
    struct unitimage_source *sources = unitload_take(l, l->count * sizeof(*sources));
    uint8_t *image;
    size_t size;
    int r;

    for (uint32_t i = 0; i < l->count; i++) {
        sources[i].conf = l->units[i]->conf;
        sources[i].conf.exec = exec_of(l, i);
    }
    size = unitimage_size(sources, l->count);
    if (size == 0) {
        findings_end(&l->findings, NULL, "the units take more than 16 MiB");
    }
    image = unitload_take(l, size);
    r = unitimage_write(sources, l->count, image, size);
    r = r == 0 ? fd_fill_sealed(memfd, image, size) : r;
    if (r < 0) {
        findings_end(&l->findings, "the unit image", say_errno(r));
    }
}

void loader_become(const struct loader_request *request, int memfd)
{
    struct loader self = {.request = request};
    struct unitload *l = &self.load;
    struct utsname host;

    (void)prctl(PR_SET_NAME, "porthole-load");
    findings_init(&l->findings, request->quiet, request->strict);
    take_memory(l);
    memset(&host, 0, sizeof(host));
    (void)uname(&host);
    set_values(l, &host);
    open_folders(&self);
    unitroots_load(l, request, self.own_folders);
    if (graph_resolve(&l->arena, l->units, l->count, &l->names) < 0) {
        unitload_memory(l);
    }
    hold_strict(l);
    write_image(l, memfd);
    _exit(0);
}

pid_t loader_start(const struct loader_request *request, int *ret_memfd)
{
    int memfd FD_CLEANUP = fd_memfd("porthole-units", false);
    pid_t pid = memfd < 0 ? memfd : spawn_copy();

    if (pid == 0) {
        fd_close_all_but(&memfd, 1);
        loader_become(request, memfd);
    }
    if (pid > 0) {
        *ret_memfd = TAKE_FD(memfd);
    }
    return pid;
}
