#include "workbench.h"

/* A red-black tree with parent links: insertion, rotations, and counting what it keeps to. */

struct node {
    struct node *parent, *child[2];
    u32 key, is_red, hits;
};

static struct node nodes[3000];
static u32 nodes_used;
static u64 rotations;

static void rotate(struct node **root, struct node *top, int side)
{
    struct node *up = top->child[!side], *parent = top->parent;

    top->child[!side] = up->child[side];
    if (up->child[side])
        up->child[side]->parent = top;
    up->child[side] = top;
    top->parent = up;
    up->parent = parent;
    if (!parent)
        *root = up;
    else
        parent->child[parent->child[1] == top] = up;
    rotations++;
}

static void repair(struct node **root, struct node *node)
{
    while (node->parent && node->parent->is_red) {
        struct node *parent = node->parent, *above = parent->parent;
        int side = above->child[1] == parent;
        struct node *uncle = above->child[!side];

        if (uncle && uncle->is_red) {
            parent->is_red = uncle->is_red = 0;
            above->is_red = 1;
            node = above;
            continue;
        }
        if (parent->child[!side] == node) {
            rotate(root, parent, side);
            parent = node;
        }
        parent->is_red = 0;
        above->is_red = 1;
        rotate(root, above, !side);
        break;
    }
    (*root)->is_red = 0;
}

static void insert(struct node **root, u32 key)
{
    struct node *parent = NULL, **link = root;

    while (*link) {
        parent = *link;
        if (parent->key == key) {
            parent->hits++;
            return;
        }
        link = &parent->child[key > parent->key];
    }
    struct node *node = &nodes[nodes_used++];
    *node = (struct node){ parent, { NULL, NULL }, key, 1, 1 };
    *link = node;
    repair(root, node);
}

/* The number of black nodes on every way down; 0 where two ways differ or a red node has a red child. */
static u32 black_height(const struct node *node)
{
    if (!node)
        return 1;
    u32 left = black_height(node->child[0]), right = black_height(node->child[1]);
    for (int side = 0; side < 2; side++)
        if (node->is_red && node->child[side] && node->child[side]->is_red)
            return 0;
    return left == right && left ? left + !node->is_red : 0;
}

static u64 in_order(const struct node *node)
{
    u64 sum = 0;

    while (node && node->child[0])
        node = node->child[0];
    while (node) {
        sum = mix(sum, (u64)node->key << 8 | node->hits);
        if (node->child[1]) {
            for (node = node->child[1]; node->child[0]; node = node->child[0])
                ;
            continue;
        }
        while (node->parent && node->parent->child[1] == node)
            node = node->parent;
        node = node->parent;
    }
    return sum;
}

u64 run_rbtree(void)
{
    struct node *root = NULL;
    u64 state = 8, sum;

    nodes_used = 0;
    rotations = 0;
    for (u32 i = 0; i < 1000; i++)
        insert(&root, i * 7);
    for (u32 i = 0; i < 4000; i++)
        insert(&root, next_random(&state) % 2500);
    sum = mix(black_height(root), rotations);
    return mix(sum, in_order(root));
}
