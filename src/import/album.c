#include "import/album.h"

#include <unistd.h>

#include "base/file.h"
#include "import/fetch.h"
#include "import/live.h"
#include "import/pictures.h"
#include "text/gemtext.h"
#include "text/uri.h"

void
album_open(struct album *album, const struct config *config)
{
    *album = (struct album){.config = config, .root = -1};
    pthread_mutex_init(&album->lock, NULL);
}

void
album_close(struct album *album)
{
    if (!album->config)
        return;
    pictures_close(album->pictures);
    fetcher_close(album->fetcher);
    if (album->root >= 0)
        close(album->root);
    pthread_mutex_destroy(&album->lock);
    *album = (struct album){0};
}

static bool
begin(struct album *album, struct failure *why)
{
    const struct config *config = album->config;
    struct failure none;

    if (album->pictures)
        return true;
    if (album->root < 0)
        album->root = file_open_folder(config->blog.root, &none); /* there may be none yet */
    if (config->import.fetch_media && !album->fetcher)
        album->fetcher = fetcher_open(&config->import.private_hosts, why);
    if (config->import.fetch_media && !album->fetcher)
        return false;
    album->pictures = pictures_open(
        &(struct pictures_settings){
            .root = album->root, .fetcher = album->fetcher, .max_image = config->import.max_image},
        why);
    return album->pictures != NULL;
}

bool
album_take(struct album *album, struct str address, struct buf *target, struct buf *note,
           struct failure *why)
{
    bool is_inside = str_eq_nocase(uri_split(address).scheme, STR("data"));
    struct picture picture;
    bool done;

    *why = (struct failure){0};
    if (!is_inside && !(album->config->import.fetch_media && live_is_address(address)))
        return false;
    pthread_mutex_lock(&album->lock);
    done = begin(album, why) && pictures_bring(album->pictures, address, &picture, why);
    pthread_mutex_unlock(&album->lock);
    if (!done)
        return false;
    buf_format(target, "/%s", picture.path);
    buf_format(note, "%s, ", picture.type);
    gemtext_size(note, picture.size);
    return true;
}

bool
album_write(struct album *album, int root, struct failure *why)
{
    return !album->pictures || pictures_write(album->pictures, root, why) ||
           fail_in(why, "a picture");
}
