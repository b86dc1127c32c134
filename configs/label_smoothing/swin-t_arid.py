_base_ = '../plain/swin-t_arid.py'

model = dict(cls_head=dict(label_smooth_eps=0.1))
